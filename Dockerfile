# One image of all verbs: `args: [controller, …]`, `args: [edge, …]`. Any bases will do that have Node.js 24 on the PATH; the first one needs npm as well.
#
#   docker build -t spillway/spillway:dev .
#   buildah bud --timestamp 0 --build-arg NODE_BUILD=… --build-arg NODE=… -t spillway/spillway:dev .
#
# With one timestamp for all files, the same sources and bases give the same image.
ARG NODE_BUILD=docker.io/library/node:24-bookworm
ARG NODE=docker.io/library/node:24-bookworm-slim

FROM ${NODE_BUILD} AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
# Without the workspace, whose only content is a Node.js of its own.
RUN npm ci --ignore-scripts --workspaces=false --no-audit --no-fund --loglevel=error
COPY src ./src
COPY scripts ./scripts
RUN node scripts/build.ts

FROM ${NODE}
WORKDIR /app
COPY --from=build /build/package.json ./
# All but this one is within dist; what else stays outside is for identity providers of kubeconfigs, which no pod has.
COPY --from=build /build/node_modules/re2js ./node_modules/re2js
COPY --from=build /build/dist ./dist
ENV NODE_ENV=production
# A number, so that runAsNonRoot can be checked.
USER 65532:65532
EXPOSE 8080 8443 8090 9901
ENTRYPOINT ["node", "dist/main.js"]
