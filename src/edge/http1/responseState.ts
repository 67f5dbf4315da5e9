import type { ChunkedReader } from './chunked.ts'
import { ResponseBody } from './response.ts'

/** The response side of an exchange: where in the upstream's message it is, and how the client gets it. */
export type ResponseState = {
  /** A byte of an answer has come, were it an interim one: the request is not tried again. */
  heard: boolean
  /** The final head has gone to the client. */
  started: boolean
  tunnel: boolean
  status: number
  /** The upstream's connection may carry another exchange. */
  reusable: boolean
  /** The client's connection closes after this response. */
  closes: boolean
  /** Interim answers so far. */
  interim: number
  /** A head of which only a part has come. */
  partial: Buffer | undefined
  /** `ResponseBody`. */
  body: number
  /** Bytes of content so far; of a tunnel, those towards the client. */
  bytes: number
  /** Bytes still to come where the length is known. */
  remaining: number
  reader: ChunkedReader | undefined
  /** The client gets chunks, else plain bytes. */
  chunks: boolean
}

export function newResponseState(): ResponseState {
  return {
    heard: false,
    started: false,
    tunnel: false,
    status: 0,
    reusable: false,
    closes: false,
    interim: 0,
    partial: undefined,
    body: ResponseBody.None,
    bytes: 0,
    remaining: 0,
    reader: undefined,
    chunks: false,
  }
}
