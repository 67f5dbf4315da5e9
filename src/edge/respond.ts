/** Answers that the edge makes itself: one line of text, nothing of the request in it. */

const reasons: Readonly<Record<number, string>> = {
  204: 'No Content',
  308: 'Permanent Redirect',
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
  508: 'Loop Detected',
}

const explanations: Readonly<Record<number, string>> = {
  308: 'this is served by https',
  400: 'the request is malformed',
  404: 'no route leads from this host and path to a service',
  405: 'this method is not allowed here',
  408: 'the request did not arrive in time',
  413: 'the request body is too large',
  414: 'the request target is too long',
  417: 'this expectation cannot be met',
  421: 'this connection was made for another host',
  431: 'the request head is too large',
  501: 'this method or transfer coding is not implemented',
  502: 'no valid answer came from the service',
  503: 'the service has no capacity now',
  504: 'the service did not answer in time',
  505: 'only HTTP/1.0 and HTTP/1.1 are spoken here',
  508: 'the request came back to the proxy that sent it',
}

const allow = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, QUERY'

export type Answer = {
  readonly status: number
  /** To a HEAD request: the head alone. */
  readonly headOnly: boolean
  /** Close the connection after it. */
  readonly close: boolean
  /** The client's HTTP/1.x; a 1.0 client is told when its connection is kept. */
  readonly minorVersion: number
  /** Of a redirect, else ''. */
  readonly location: string
  /** Whole header lines of the listener. */
  readonly extra: string
}

/** The whole message, ready to write. */
export function answerText({ status, headOnly, close, minorVersion, location, extra }: Answer): string {
  const body = status === 204 ? '' : `${status} ${reasons[status]}: ${explanations[status]}\n`
  let head = `HTTP/1.1 ${status} ${reasons[status]}\r\n`
  if (status === 204 || status === 405) head += `Allow: ${allow}\r\n`
  if (location !== '') head += `Location: ${location}\r\n`
  if (status === 503) head += 'Retry-After: 1\r\n'
  if (status !== 204) head += `Content-Type: text/plain; charset=utf-8\r\nContent-Length: ${body.length}\r\n`
  if (close) head += 'Connection: close\r\n'
  else if (minorVersion === 0) head += 'Connection: keep-alive\r\n'
  return `${head}${extra}\r\n${headOnly ? '' : body}`
}
