/**
 * Documents that merge by themselves and speak Yjs: the Swift core of this package, compiled to WebAssembly.
 *
 *     import { load } from './crdt.js'
 *
 *     const crdt = await load()
 *     const document = crdt.createDocument()
 *     const body = document.text('body')
 *     document.on('update', ({ update }) => send(update))
 *     body.insert(0, 'Hello')
 *
 * `websocket-provider.js` shares a document through a relay, `indexeddb-persistence.js` keeps it in the browser.
 *
 * @module
 */

export { load, CRDT } from './load.js'
export { CRDTError, TrapError, UpdateError } from './errors.js'
export { Document } from './document.js'
export { SharedType } from './shared-type.js'
export { SharedText } from './text.js'
export { SharedArray } from './array.js'
export { SharedMap } from './map.js'
export { SharedXMLFragment, SharedXMLElement, SharedXMLText, SharedXMLHook } from './xml.js'
export { Subdocument } from './contents.js'
export { UndoManager } from './undo-manager.js'
export { Awareness } from './awareness.js'
