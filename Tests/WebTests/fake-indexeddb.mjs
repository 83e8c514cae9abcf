// As much of IndexedDB as the persistence uses, in memory: node has none. Like the real one it answers later, keeps
// structured clones, and undoes a transaction that is aborted.

class Request {
  result = undefined
  error = null
}

const succeed = (request, result) => queueMicrotask(() => {
  request.result = result
  request.onsuccess?.({ target: request })
})

class ObjectStore {
  #transaction
  #records

  constructor(transaction, records) {
    this.#transaction = transaction
    this.#records = records
  }

  #run(change) {
    if (this.#transaction.isFinished) throw new Error('the transaction has finished')
    const request = new Request()
    this.#transaction.enqueue(request, change)
    return request
  }

  getAll() { return this.#run(() => [...this.#records.values()].map(value => structuredClone(value))) }

  add(value) {
    const kept = structuredClone(value)
    return this.#run(() => {
      const key = this.#records.nextKey = (this.#records.nextKey ?? 0) + 1
      this.#records.set(key, kept)
      return key
    })
  }

  clear() { return this.#run(() => this.#records.clear()) }
}

class Transaction {
  error = null
  isFinished = false
  #database
  #work = []
  #isRunning = false
  #before

  constructor(database) {
    this.#database = database
    this.#before = new Map(database.records)
    // A transaction that nobody asks for anything completes, too.
    queueMicrotask(() => this.#run())
  }

  objectStore() { return new ObjectStore(this, this.#database.records) }

  enqueue(request, change) {
    this.#work.push({ request, change })
    queueMicrotask(() => this.#run())
  }

  #run() {
    if (this.#isRunning || this.isFinished) return
    const next = this.#work.shift()
    if (next === undefined) {
      this.isFinished = true
      queueMicrotask(() => this.oncomplete?.())
      return
    }
    this.#isRunning = true
    if (this.#database.failure !== null) return this.#abort(next.request)
    next.request.result = next.change()
    setTimeout(() => {
      this.#isRunning = false
      next.request.onsuccess?.({ target: next.request })
      // Whoever waited for it may ask for more, as a promise's continuation does.
      setTimeout(() => this.#run(), 0)
    }, 0)
  }

  #abort(request) {
    this.isFinished = true
    this.error = request.error = this.#database.failure
    this.#database.records.clear()
    for (const [key, value] of this.#before) this.#database.records.set(key, value)
    setTimeout(() => {
      request.onerror?.({ target: request })
      this.onabort?.()
    }, 0)
  }
}

/** A factory of databases; `failure` makes what is asked of one fail. */
export class FakeIndexedDB {
  databases = new Map()

  open(name) {
    const request = new Request()
    const isNew = !this.databases.has(name)
    if (isNew) this.databases.set(name, { records: new Map(), failure: null })
    const database = this.databases.get(name)
    const handle = {
      createObjectStore: () => {},
      transaction: () => new Transaction(database),
      close: () => {}
    }
    queueMicrotask(() => {
      request.result = handle
      if (isNew) request.onupgradeneeded?.({ target: request })
      succeed(request, handle)
    })
    return request
  }

  deleteDatabase(name) {
    const request = new Request()
    this.databases.delete(name)
    succeed(request, undefined)
    return request
  }
}
