// A stock client of Yjs, told over stdin what to do: a line of JSON for each script, answered by one.
// Usage: stock-client.mjs URL ROOM, with the token in the environment as TOKEN.

import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'

const require = createRequire(import.meta.url)
const Y = require('yjs'), WebSocket = require('ws'), { WebsocketProvider } = require('y-websocket')
const [url, room] = process.argv.slice(2)
const { TOKEN } = process.env

// In a header, since addresses end up in logs.
class AuthorizedWebSocket extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, TOKEN ? { headers: { authorization: `Bearer ${TOKEN}` } } : {})
  }
}

const doc = new Y.Doc()
const provider = new WebsocketProvider(
  url, room, doc, { WebSocketPolyfill: AuthorizedWebSocket, disableBc: true, maxBackoffTime: 200 })

for await (const line of createInterface({ input: process.stdin })) {
  let answer
  try {
    answer = { value: new Function('doc', 'Y', 'provider', `return ${JSON.parse(line)}`)(doc, Y, provider) ?? null }
  } catch (error) {
    answer = { error: String(error) }
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
process.exit()
