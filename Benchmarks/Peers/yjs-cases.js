// Runs Yjs on the cases that Case.swift describes.
'use strict'

const Y = require('yjs')

class Roots {
  constructor(client) {
    this.doc = new Y.Doc()
    this.doc.clientID = client
    this.text = this.doc.getText('text')
    this.array = this.doc.getArray('array')
    this.map = this.doc.getMap('map')
  }

  perform([kind, place, content]) {
    switch (kind) {
      case 'insert': return this.text.insert(place, content)
      case 'delete': return this.text.delete(place, content)
      case 'insertValues': return this.array.insert(place, content)
      case 'set': return this.map.set(place, content)
      default: {
        const nested = new Y.Map()
        this.map.set(place, nested)
        for (const [key, value] of Object.entries(content)) nested.set(key, value)
      }
    }
  }

  replay(edits, perTransaction) {
    for (let start = 0; start < edits.length; start += perTransaction) {
      this.doc.transact(() => {
        const end = Math.min(start + perTransaction, edits.length)
        for (let index = start; index < end; index++) this.perform(edits[index])
      })
    }
  }

  contents() {
    const members = [...this.map.keys()].sort()
      .map(key => JSON.stringify(key) + ':' + JSON.stringify(this.map.get(key)))
    return `${this.text}\n${JSON.stringify(this.array)}\n{${members.join(',')}}`
  }
}

const requireEqual = (one, other) => {
  if (one.contents() !== other.contents()) throw new Error('the replicas differ')
}

/** By the form of the case: makes its edits once; returns the milliseconds and the contents at the end. */
exports.forms = milliseconds => ({
  alone({ replicas, editsPerTransaction }) {
    const roots = new Roots(1)
    const time = milliseconds(() => roots.replay(replicas[0], editsPerTransaction))
    return { time, contents: roots.contents() }
  },

  followed({ replicas, editsPerTransaction }) {
    const roots = new Roots(1)
    const follower = new Roots(2)
    roots.doc.on('update', update => Y.applyUpdate(follower.doc, update))
    const time = milliseconds(() => roots.replay(replicas[0], editsPerTransaction))
    requireEqual(roots, follower)
    return { time, contents: roots.contents() }
  },

  merged({ replicas, commonText }) {
    const [first, second] = [new Roots(1), new Roots(2)]
    first.text.insert(0, commonText)
    Y.applyUpdate(second.doc, Y.encodeStateAsUpdate(first.doc))
    const updates = []
    for (const { doc } of [first, second]) {
      doc.on('update', (update, origin) => { if (origin !== 'peer') updates.push(update) })
    }
    const time = milliseconds(() => {
      first.replay(replicas[0], replicas[0].length)
      second.replay(replicas[1], replicas[1].length)
      const [one, other] = updates
      Y.applyUpdate(first.doc, other, 'peer')
      Y.applyUpdate(second.doc, one, 'peer')
    })
    requireEqual(first, second)
    return { time, contents: first.contents() }
  },

  gathered({ replicas }) {
    const updates = replicas.map((edits, index) => {
      const roots = new Roots(index + 1)
      roots.replay(edits, edits.length)
      return Y.encodeStateAsUpdate(roots.doc)
    })
    const roots = new Roots(1000000)
    const time = milliseconds(() => { for (const update of updates) Y.applyUpdate(roots.doc, update) })
    return { time, contents: roots.contents() }
  }
})
