import type { Contender } from './contender.ts'
import { haproxy } from './haproxy.ts'
import { nginx, nginxWeighted } from './nginx.ts'
import { httpProxy, httpxy, nodeHttpUndici } from './nodePeers.ts'
import { spillway } from './spillway.ts'

export const contenders: readonly Contender[] = [spillway, nginx, nginxWeighted, haproxy, nodeHttpUndici, httpxy, httpProxy]
