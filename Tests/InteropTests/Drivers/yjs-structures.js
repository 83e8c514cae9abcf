// The structures of the article `Structures`, as any client of Yjs could write them; PROTOCOL.md has the commands.
'use strict'

const fs = require('fs')
const path = require('path')
const Y = require('yjs')
const encoding = require('lib0/encoding')
const decoding = require('lib0/decoding')

const safeInteger = value => {
  const number = typeof value === 'bigint' ? Number(value) : value
  return Number.isSafeInteger(number) ? number : undefined
}

/** A name that no other client makes, if something is written after it in the same transaction. */
const uniqueName = doc => doc.clientID + '-' + Y.getState(doc.store, doc.clientID)

// MARK: Counter

const counterValue = map => [...map.values()].reduce((sum, entry) => sum + (safeInteger(entry) ?? 0), 0)

const add = (map, amount) => {
  const key = String(map.doc.clientID)
  map.set(key, (safeInteger(map.get(key)) ?? 0) + amount)
}

// MARK: Log

const isEntry = entry => entry !== null && typeof entry === 'object' && Object.hasOwn(entry, 'value')

const logEntries = array => array.toArray().filter(isEntry)

const append = (array, entry, countMax) => {
  array.push([entry])
  if (array.length > countMax) array.delete(0, array.length - countMax)
}

const trim = (array, countMax, cutoff) => {
  if (array.length > countMax) array.delete(0, array.length - countMax)
  for (let index = array.length - 1; index >= 0; index--) {
    const entry = array.get(index)
    if (isEntry(entry) && safeInteger(entry.time) < cutoff) array.delete(index)
  }
}

// MARK: Places

/** Tokens with their first index, and those that no element has been found to name. */
const readTokens = contents => {
  const tokens = new Map()
  const unused = new Set()
  contents.forEach((content, index) => {
    if (typeof content !== 'string') return
    if (!tokens.has(content)) tokens.set(content, index)
    unused.add(index)
  })
  const place = (token, home) => {
    const index = typeof token === 'string' ? tokens.get(token) ?? home : home
    unused.delete(index)
    return index
  }
  return { place, unused }
}

const byPlace = (a, b) => a.place - b.place || a.home - b.home

/** Where to insert so that something comes to be at `index` of `siblings`; undefined for the end. */
const insertionIndex = (siblings, index) => {
  if (index >= siblings.length) return undefined
  return index === 0 ? siblings[0].place : siblings[index - 1].place + 1
}

/** Inserts before an index, or at the end; then deletes what was at the indices `deletions` before that. */
const change = (array, insertion, content, deletions) => {
  if (content !== undefined && insertion === undefined) array.push([content])
  else if (content !== undefined) array.insert(insertion, [content])
  const shift = content !== undefined && insertion !== undefined ? 1 : 0
  for (const index of [...new Set(deletions)].sort((a, b) => b - a)) {
    array.delete(shift && index >= insertion ? index + 1 : index)
  }
}

// MARK: List

const readList = array => {
  const contents = array.toArray()
  const { place, unused } = readTokens(contents)
  const elements = []
  contents.forEach((map, home) => {
    if (map instanceof Y.Map) elements.push({ map, home, place: place(map.get('place'), home) })
  })
  return { elements: elements.sort(byPlace), unused }
}

const insertElement = (array, index, value) => {
  const map = new Y.Map()
  change(array, insertionIndex(readList(array).elements, index), map, [])
  map.set('value', value)
}

const moveElement = (array, from, to) => {
  if (from === to) return
  const { elements, unused } = readList(array)
  const [element] = elements.splice(from, 1)
  const token = uniqueName(array.doc)
  element.map.set('place', token)
  if (element.place !== element.home) unused.add(element.place)
  change(array, insertionIndex(elements, to), token, unused)
}

const deleteElement = (array, index) => {
  const { elements, unused } = readList(array)
  change(array, undefined, undefined, [...unused, elements[index].home, elements[index].place])
}

// MARK: Tree

const edgesMax = 4
const isGreater = (a, b) => a.counter === b.counter ? a.parent > b.parent : a.counter > b.counter

const readEdges = (map, home, place) => {
  const edges = []
  map.forEach((value, key) => {
    const counter = Array.isArray(value) ? safeInteger(value[0]) : undefined
    if (!key.startsWith('parent:') || !(counter >= 0)) return
    const token = typeof value[1] === 'string' ? value[1] : undefined
    edges.push({ key, parent: key.slice(7), counter, token, place: place(token, home) })
  })
  return edges.sort((a, b) => isGreater(a, b) ? -1 : 1)
}

/** The nodes by name, each with `edge`, the edge it hangs from. */
const readTree = array => {
  const contents = array.toArray()
  const { place, unused } = readTokens(contents)
  const nodes = new Map()
  contents.forEach((map, home) => {
    if (!(map instanceof Y.Map)) return
    const id = map.get('id')
    const edges = readEdges(map, home, place)
    if (typeof id === 'string' && id !== '/' && id !== '-' && !nodes.has(id)) nodes.set(id, { id, map, home, edges })
  })
  const isEnd = parent => parent === '/' || parent === '-'
  for (const node of nodes.values()) {
    node.usable = node.edges.filter(edge => isEnd(edge.parent) || nodes.has(edge.parent))
    node.topEdge = { parent: '/', counter: -1, token: undefined, place: node.home }
    node.edge = node.usable[0] ?? node.topEdge
  }
  resolveCycles(nodes, isEnd)
  for (const node of nodes.values()) node.place = node.edge.place
  return { nodes, unused }
}

/** Slow, for it looks at the whole tree again for each cycle. */
const resolveCycles = (nodes, isEnd) => {
  for (;;) {
    const connected = new Set(['/', '-'])
    const onCycle = new Set()
    for (const start of nodes.keys()) {
      const path = []
      let here = start
      while (!connected.has(here) && !onCycle.has(here) && !path.includes(here)) {
        path.push(here)
        here = nodes.get(here).edge.parent
      }
      if (connected.has(here)) path.forEach(id => connected.add(id))
      else if (path.includes(here)) path.slice(path.indexOf(here)).forEach(id => onCycle.add(id))
    }
    let best
    for (const id of onCycle) {
      for (const edge of [...nodes.get(id).usable, nodes.get(id).topEdge]) {
        if (!connected.has(edge.parent)) continue
        const isBetter = best === undefined || edge.counter > best.edge.counter ||
          (edge.counter === best.edge.counter && (id > best.id || (id === best.id && edge.parent > best.edge.parent)))
        if (isBetter) best = { id, edge }
      }
    }
    if (best === undefined) return
    nodes.get(best.id).edge = best.edge
    nodes.get(best.id).isReattached = true
  }
}

const childrenOf = (nodes, parent) => [...nodes.values()].filter(node => node.edge.parent === parent).sort(byPlace)

/** The nodes below `parent`, each before its children. */
const walk = (nodes, parent, depth = 0) =>
  childrenOf(nodes, parent).flatMap(node => [{ node, depth }, ...walk(nodes, node.id, depth + 1)])

/** The names of a node and of all above it, up to the top or the trash. */
const pathOf = (nodes, id) => id === '/' || id === '-' ? [id] : [id, ...pathOf(nodes, nodes.get(id).edge.parent)]

const isInTrash = (nodes, id) => pathOf(nodes, id).at(-1) === '-'

/** Adds an edge of the highest counter, forgets what is too much; adds tokens that become useless to `unused`. */
const addEdge = (node, parent, token, unused) => {
  const highest = node.edges[0]?.counter ?? 0
  const isAtEnd = highest >= Number.MAX_SAFE_INTEGER
  let kept = 1
  for (const edge of node.edges) {
    if (edge.parent !== parent) {
      if (!isAtEnd && kept < edgesMax && edge.parent !== '-') {
        kept += 1
        continue
      }
      node.map.delete(edge.key)
    }
    if (edge.place !== node.home && edge.token !== token) unused.add(edge.place)
  }
  const counter = isAtEnd ? 1 : highest + 1
  node.map.set('parent:' + parent, token === undefined ? [counter] : [counter, token])
}

/** Writes down the parents that are shown, where a cycle is on the way up. */
const persist = (nodes, ids, unused) => {
  for (const id of new Set(ids)) {
    const node = nodes.get(id)
    if (node?.isReattached) addEdge(node, node.edge.parent, node.edge.token, unused)
  }
}

const createNode = (array, parent, index, name) => {
  const { nodes, unused } = readTree(array)
  persist(nodes, pathOf(nodes, parent), unused)
  const id = uniqueName(array.doc)
  const map = new Y.Map()
  change(array, insertionIndex(childrenOf(nodes, parent), index), map, unused)
  map.set('id', id)
  map.set('parent:' + parent, [1])
  map.set('data', new Y.Map([['name', name]]))
}

const moveNode = (array, id, parent, index) => {
  const { nodes, unused } = readTree(array)
  if (pathOf(nodes, parent).includes(id)) return
  const siblings = childrenOf(nodes, parent).filter(node => node.id !== id)
  const token = uniqueName(array.doc)
  persist(nodes, [...pathOf(nodes, id).slice(1), ...pathOf(nodes, parent)], unused)
  addEdge(nodes.get(id), parent, token, unused)
  change(array, insertionIndex(siblings, index), token, unused)
}

const deleteNode = (array, id) => {
  const { nodes, unused } = readTree(array)
  if (isInTrash(nodes, id)) return
  persist(nodes, pathOf(nodes, id).slice(1), unused)
  addEdge(nodes.get(id), '-', undefined, unused)
  change(array, undefined, undefined, unused)
}

const restoreNode = (array, id) => {
  const { nodes, unused } = readTree(array)
  if (!isInTrash(nodes, id)) return
  const node = nodes.get(id)
  const edge = node.usable.find(({ parent }) => parent !== '-' && !isInTrash(nodes, parent)) ?? node.topEdge
  persist(nodes, [...pathOf(nodes, id).slice(1), ...pathOf(nodes, edge.parent)], unused)
  addEdge(node, edge.parent, edge.token, unused)
  change(array, undefined, undefined, unused)
}

const emptyTrash = array => {
  const { nodes, unused } = readTree(array)
  for (const node of nodes.values()) {
    if (!isInTrash(nodes, node.id)) continue
    unused.add(node.home)
    node.edges.forEach(edge => unused.add(edge.place))
  }
  change(array, undefined, undefined, unused)
}

// MARK: Commands

const logCountMax = 8
const logAgeMax = 300

const describeNode = ({ node, depth }) => {
  const data = node.map.get('data')
  return ' '.repeat(depth) + (data instanceof Y.Map ? data.get('name') ?? node.id : node.id)
}

const describeEntry = ({ time, value }) => `${safeInteger(time) ?? '-'} ${value}`

const describe = (doc, kind) => {
  switch (kind) {
    case 0: return String(counterValue(doc.getMap('counter')))
    case 1: return logEntries(doc.getArray('log')).map(describeEntry).join('\n')
    case 2: return readList(doc.getArray('list')).elements.map(({ map }) => map.get('value') ?? '-').join('\n')
    default: {
      const { nodes } = readTree(doc.getArray('tree'))
      const trash = walk(nodes, '-').map(visit => '-' + describeNode(visit))
      return [...walk(nodes, '/').map(describeNode), ...trash].join('\n')
    }
  }
}

// The article's own examples.
const article = fs.readFileSync(path.join(__dirname, '../../../Sources/CRDT/CRDT.docc/Structures.md'), 'utf8')
const examples = [...article.matchAll(/^```js\n(.*?)^```/gms)].map(match => match[1]).join('')
const { value, entries, elements, tree } = new Function('Y', examples + 'return { value, entries, elements, tree }')(Y)

const describeByArticle = (doc, kind) => {
  switch (kind) {
    case 0: return String(value(doc.getMap('counter')))
    case 1: return entries(doc.getArray('log')).map(describeEntry).join('\n')
    case 2: return elements(doc.getArray('list')).map(map => map.get('value') ?? '-').join('\n')
    default: {
      const { children } = tree(doc.getArray('tree'))
      const lines = (name, depth) =>
        children(name).flatMap(node => [describeNode({ node, depth }), ...lines(node.id, depth + 1)])
      return [...lines('/', 0), ...lines('-', 0).map(line => '-' + line)].join('\n')
    }
  }
}

const editList = (array, { choice, first, second, number }) => {
  const count = readList(array).elements.length
  if (choice % 8 < 3 || count === 0) insertElement(array, first % (count + 1), number)
  else if (choice % 8 === 3) readList(array).elements[first % count].map.set('value', number)
  else if (choice % 8 === 4) deleteElement(array, first % count)
  else moveElement(array, first % count, second % count)
}

const editTree = (array, { choice, first, second, number }) => {
  const { nodes } = readTree(array)
  const ids = [...walk(nodes, '/'), ...walk(nodes, '-')].map(({ node }) => node.id)
  const parent = ids[second % (ids.length + 1)] ?? '/'
  const id = ids[first % ids.length]
  if (choice % 8 < 2 || ids.length === 0) createNode(array, parent, number % 4, String(number))
  else if (choice % 8 === 2) deleteNode(array, id)
  else if (choice % 8 === 3) restoreNode(array, id)
  else if (choice % 8 === 4 && number % 4 === 0) emptyTrash(array)
  else moveNode(array, id, parent, number % 4)
}

const edit = (doc, kind, operation) => {
  const { choice, first, number } = operation
  switch (kind) {
    case 0: return add(doc.getMap('counter'), first - 500)
    case 1: {
      const array = doc.getArray('log')
      if (choice % 4 === 0) return trim(array, logCountMax, first - logAgeMax)
      return append(array, choice % 4 === 1 ? { value: number } : { time: first, value: number }, logCountMax)
    }
    case 2: return editList(doc.getArray('list'), operation)
    default: return editTree(doc.getArray('tree'), operation)
  }
}

module.exports = {
  50: (decoder, documents) => {
    const [document, kind] = [decoding.readVarUint(decoder), decoding.readVarUint(decoder)]
    return encoder => encoding.writeVarString(encoder, describe(documents.get(document).doc, kind))
  },
  51: (decoder, documents) => {
    const numbers = Array.from({ length: 6 }, () => decoding.readVarUint(decoder))
    const [document, kind, choice, first, second, number] = numbers
    return () => {
      const { doc } = documents.get(document)
      doc.transact(() => edit(doc, kind, { choice, first, second, number }))
    }
  },
  52: (decoder, documents) => {
    const [document, kind] = [decoding.readVarUint(decoder), decoding.readVarUint(decoder)]
    return encoder => encoding.writeVarString(encoder, describeByArticle(documents.get(document).doc, kind))
  }
}
