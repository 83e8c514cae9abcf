// The network between three machines that are only one: TCP forwarders, each from one machine to a port of another, whose
// traffic can be cut. Bytes and ends then wait, and no side is told.
//
// Prints "ready". Then each line of the input gets one of output:
//   listen FROM TO NAME     the port of a new forwarder
//   target TO NAME PORT     itself; connections to the service NAME of machine TO go to PORT from now on
//   cut N, restore N        itself
'use strict'

const net = require('net')
const readline = require('readline')

const targets = new Map() // "TO NAME" -> port
const cut = new Set() // machines
const forwarders = []

class Forwarder {
  constructor(from, to, name) {
    this.machines = [from, to]
    this.target = `${to} ${name}`
    this.waiting = [] // what is to be done when the machines reach each other again
    this.sockets = new Set()
    this.server = net.createServer({ pauseOnConnect: true }, near => this.whenJoined(() => this.join(near)))
    this.server.listen(0, '127.0.0.1', () => say(this.server.address().port))
  }

  get isCut() { return this.machines.some(machine => cut.has(machine)) }

  whenJoined(action) { if (this.isCut) this.waiting.push(action); else action() }

  join(near) {
    const far = net.connect(targets.get(this.target) ?? 1, '127.0.0.1')
    for (const [socket, other] of [[near, far], [far, near]]) {
      this.sockets.add(socket)
      socket.setNoDelay()
      socket.on('data', data => this.whenJoined(() => other.write(data)))
      socket.on('error', () => {})
      socket.on('close', () => {
        this.sockets.delete(socket)
        this.whenJoined(() => other.destroy())
      })
      socket.resume()
    }
  }

  noteCut() {
    for (const socket of this.sockets) if (this.isCut) socket.pause(); else socket.resume()
    if (this.isCut) return
    const actions = this.waiting
    this.waiting = []
    for (const action of actions) action()
  }
}

const say = line => process.stdout.write(`${line}\n`)

readline.createInterface({ input: process.stdin }).on('line', line => {
  const [action, ...words] = line.split(' ')
  if (action === 'listen') return forwarders.push(new Forwarder(...words))
  if (action === 'target') targets.set(`${words[0]} ${words[1]}`, Number(words[2]))
  if (action === 'cut') cut.add(words[0])
  if (action === 'restore') cut.delete(words[0])
  for (const forwarder of forwarders) forwarder.noteCut()
  say(line)
}).on('close', () => process.exit(0))

say('ready')
