// Node's fetch, undici and node:https heed no HTTPS_PROXY. All of them speak TLS by tls.connect, so
// that goes through the proxy here, where its caller has not seen to it. CommonJS, for any Node.
'use strict'

const { Duplex } = require('node:stream')
const { syncBuiltinESMExports } = require('node:module')
const net = require('node:net')
const tls = require('node:tls')

const proxy = url(process.env.HTTPS_PROXY || process.env.https_proxy)
const direct = (process.env.NO_PROXY || process.env.no_proxy || '')
  .split(',')
  .map((name) => name.trim().toLowerCase().replace(/^\*?\./, ''))
  .filter(Boolean)
const LEAD = Symbol.for('fakegraph.lead') // by which tenants of tests find what is below
const led = new Set() // connections through the proxy
let home = null // the tenant of a test that is meant just now
const END = '\r\n\r\n'
const LONGEST = 65536 // characters of what the proxy answers

function url (text) {
  try {
    const found = new URL(text)
    return found.protocol === 'http:' ? found : null
  } catch {
    return null
  }
}

function isDirect (host) {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '')
  return /^127\./.test(name) || name.endsWith('.localhost') ||
    direct.some((each) => name === each || (!net.isIP(name) && name.endsWith(`.${each}`)))
}

// What tls.connect may be called with: options, or a port and perhaps a host before them.
function read (given) {
  const callback = typeof given.at(-1) === 'function' ? given.at(-1) : undefined
  const [first, second] = given
  const options = given.find((each) => each !== null && typeof each === 'object') || {}
  const port = typeof first === 'object' ? {} : { port: first }
  const host = typeof second === 'string' ? { host: second } : {}
  return [{ ...options, ...port, ...host }, callback]
}

// Why a proxy refuses: what fakegraph says in JSON, or else the status.
function told (answer) {
  const message = /"message": ("(?:[^"\\]|\\.)*")/.exec(answer)
  return message ? JSON.parse(message[1]) : answer.split('\r\n')[0] || 'the proxy said nothing'
}

// A stream to a host and port through the proxy; what is written waits until it leads there.
function tunnel (host, port, raw) {
  let answer = ''
  let waiting = null
  let leads = false
  const stream = new Duplex({
    read () { raw.resume() },
    write (chunk, _, done) {
      if (leads) raw.write(chunk, done)
      else waiting = () => raw.write(chunk, done)
    },
    final (done) { raw.end(done) },
    destroy (error, done) {
      raw.destroy()
      done(error)
    }
  })
  const fail = (why) => stream.destroy(new Error(`no way to ${host}:${port}: ${why}`))
  const name = net.isIPv6(host) ? `[${host}]` : host
  const user = home ? `${home}:x` : decodeURIComponent(`${proxy.username}:${proxy.password}`)
  const known = home || proxy.username
    ? `Proxy-Authorization: Basic ${Buffer.from(user).toString('base64')}\r\n`
    : ''
  raw.write(`CONNECT ${name}:${port} HTTP/1.1\r\nHost: ${name}:${port}\r\n${known}\r\n`)
  raw.on('data', (data) => {
    if (leads) {
      if (!stream.push(data)) raw.pause()
      return
    }
    answer += data.toString('latin1')
    if (/^HTTP\/1\.[01] 200 /.test(answer) && answer.includes(END)) {
      leads = true
      const rest = answer.slice(answer.indexOf(END) + END.length)
      if (rest) stream.push(Buffer.from(rest, 'latin1'))
      if (waiting) waiting()
    } else if (answer.length > LONGEST) {
      fail('its answer does not end')
    }
  })
  raw.on('end', () => leads ? stream.push(null) : fail(told(answer)))
  raw.on('error', (error) => stream.destroy(error))
  raw.on('close', () => stream.destroy())
  return stream
}

// Has the proxy know a tenant as the one that is meant, until what it gives is called.
async function lead (server, tenant) {
  if (new URL(server).origin !== proxy.origin) {
    throw new Error(`Graph's host names lead to ${proxy.origin} here, and this tenant is at ${server}: leave url out`)
  }
  if (home) throw new Error('this process is led to another tenant already: inPlace() is for one at a time')
  await move(tenant)
  return () => move(null)
}

// What is kept open is another tenant's, and whoever keeps it has to hear that it is closed.
function move (tenant) {
  home = tenant
  for (const each of led) each.destroy()
  return new Promise((resolve) => setImmediate(resolve))
}

if (proxy) {
  const connect = tls.connect
  tls.connect = function (...given) {
    const [options, callback] = read(given)
    const host = options.host || options.hostname || 'localhost'
    if (options.socket || options.path || isDirect(host)) return connect.apply(this, given)
    const raw = net.connect(Number(proxy.port) || 80, proxy.hostname.replace(/^\[|\]$/g, ''))
    const socket = tunnel(host, options.port || 443, raw)
    const secured = connect.call(this, { ...options, host, socket }, callback)
    led.add(secured)
    secured.once('close', () => led.delete(secured))
    // Whether they keep the process alive is up to what goes over the network.
    secured.ref = () => { raw.ref(); return secured }
    secured.unref = () => { raw.unref(); return secured }
    return secured
  }
  tls.connect[LEAD] = lead
  syncBuiltinESMExports()
}
