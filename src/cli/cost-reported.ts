// `watchfloor cost reported add|refresh`: what providers say that a month cost: an invoice, written down with its bytes as
// evidence, or the answer of a provider's billing, which itself costs.
import { createHash, randomBytes } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { realDisk } from '../../state/disk.ts'
import { openEvidence } from '../../state/evidence.ts'
import { BadInput, type Exit } from '../../state/primitives/errors.ts'
import { parseAmount } from '../../state/primitives/money.ts'
import { forTerminal, nodeText } from '../../state/primitives/node-text.ts'
import type { Engine } from '../engine/engine.ts'
import { dayOf, isoOf, money } from './amounts.ts'
import { type Call, type CliCommand, text } from './command.ts'
import { monthOf } from './cost.ts'
import { providerOf } from './prices.ts'
import { providerAnswer } from './requests.ts'
import { withEngine } from './session.ts'
import type { DoneDocument } from './shapes.ts'

const costReportedAdd: CliCommand = {
  name: 'cost reported add',
  summary: 'write down what an invoice says of a month',
  options: [
    { flags: '--provider <name>', description: 'whose invoice: aws, gcp, hetzner or another name; required' },
    { flags: '--month <month>', description: 'which month: 2026-11; required' },
    { flags: '--amount <amount>', description: 'how much, such as 12.34; -1.50 for a credit note; required' },
    { flags: '--currency <currency>', description: 'of the amount, such as EUR; required' },
    { flags: '--invoice <file>', description: 'the invoice itself: its bytes are kept as evidence' },
  ],
  exits: '4 no engine · 5 refused: read-only, no role',
  run: call => withEngine(call, engine => addReported(call, engine)),
}

const costReportedRefresh: CliCommand = {
  name: 'cost reported refresh',
  summary: "ask a provider's billing what this month costs; asking Cost Explorer costs $0.01",
  options: [{ flags: '--provider <provider>', description: 'which one', default: 'aws', choices: ['aws'] }],
  exits: '1 it could not be asked · 3 no answer yet · 4 no engine · 5 refused: asked within the last 12 hours',
  run: call => withEngine(call, engine => refreshReported(call, engine)),
}

export const reportedCommands: readonly CliCommand[] = [costReportedAdd, costReportedRefresh]

/** Invoices are pages, not archives. */
const mostInvoiceBytes = 20 * 1024 * 1024

export async function addReported(call: Call, engine: Engine, now = Date.now()): Promise<Exit> {
  const { console } = call.context
  const provider = required(call, 'provider')
  const month = monthOf(required(call, 'month'))
  const currency = required(call, 'currency')
  const micros = amountOf(required(call, 'amount'))
  if (!Intl.supportedValuesOf('currency').includes(currency)) {
    throw new BadInput({
      name: 'bad-currency',
      message: `"${currency}" is not a currency`,
      remedy: 'Say an ISO 4217 code, such as EUR or USD.',
    })
  }
  if (month === null) throw new BadInput({ name: 'bad-month', message: 'no month is named' })
  const named = text(call.options.invoice)
  const invoice = named === undefined ? null : await readInvoice(path.resolve(call.context.around.cwd, named))
  const isKept = invoice !== null && (await keep(engine, invoice.bytes))
  if (invoice && !isKept) {
    console.err(
      "watchfloor: this login may not write into the engine's home: the invoice's hash is recorded, its bytes are yours to keep",
    )
  }
  const { seq, ids } = await engine.do({
    type: 'money.report',
    reported: {
      provider,
      month,
      currency,
      micros,
      asOf: now,
      estimated: false,
      source: sourceOf(invoice, isKept),
      evidence: isKept ? invoice.hash : null,
    },
  })
  const document: DoneDocument = { seq, ids: [...ids] }
  if (call.options.json) console.out(JSON.stringify(document))
  else {
    const kept = isKept ? `, kept as ${invoice.hash.slice(0, 16)}` : ''
    console.out(forTerminal(`${provider} reported ${money(micros, currency)} for ${month}${kept}`))
  }
  return 0
}

export async function refreshReported(call: Call, engine: Engine): Promise<Exit> {
  const { console } = call.context
  const provider = providerOf(text(call.options.provider) ?? 'aws') ?? 'aws'
  console.err('asking Cost Explorer costs $0.01 a page of its answer; it is asked at most twice a day')
  const id = `billing-${randomBytes(8).toString('hex')}`
  const { seq, ids } = await engine.do({ type: 'money.ask-billing', id, provider })
  const { trouble } = await providerAnswer(engine, id)
  if (trouble !== null) {
    console.err(forTerminal(`watchfloor: ${provider} did not say: ${trouble}`))
    return 1
  }
  const said = Object.values(engine.state().money.reported).filter(one => one.provider === provider)
  const newest = said.sort((one, other) => one.month.localeCompare(other.month)).at(-1)
  if (call.options.json) {
    const document: DoneDocument = { seq, ids: [...ids] }
    console.out(JSON.stringify(document))
  } else if (newest) {
    const asked = newest.queryCost ? `; asking cost ${money(newest.queryCost.micros, newest.queryCost.currency)}` : ''
    const kind = newest.estimated ? ' (an estimate)' : ''
    console.out(
      forTerminal(
        `${provider} says ${money(newest.micros, newest.currency)} for ${newest.month}${kind}, as of ${dayOf(newest.asOf)}${asked}`,
      ),
    )
  } else console.out(`${provider} says nothing of this month yet (${isoOf(Date.now()).slice(0, 10)})`)
  return 0
}

function required(call: Call, option: string): string {
  const given = text(call.options[option])?.trim() ?? ''
  if (given !== '') return given
  throw new BadInput({
    name: 'report-incomplete',
    message: `--${option} is missing`,
    remedy: 'watchfloor cost reported add --provider aws --month 2026-11 --amount 12.34 --currency USD',
  })
}

/** Whole micro-units; a credit note is negative. */
function amountOf(words: string): number {
  const micros = parseAmount(words.replace(/^-/, ''))
  if (micros !== null) return words.startsWith('-') && micros !== 0 ? -micros : micros
  throw new BadInput({
    name: 'bad-amount',
    message: `"${words}" is not an amount of money`,
    remedy: 'Say it with at most six decimals and a dot: 12.34.',
  })
}

interface Invoice {
  name: string
  bytes: Uint8Array
  hash: string
}

async function readInvoice(file: string): Promise<Invoice> {
  const unreadable = (why: string) =>
    new BadInput({ name: 'no-invoice', message: `${file} cannot be taken as an invoice: ${why}` })
  const found = await stat(file).catch(cause => {
    throw unreadable(String(cause.message))
  })
  if (!found.isFile()) throw unreadable('it is no file')
  if (found.size === 0) throw unreadable('it is empty')
  if (found.size > mostInvoiceBytes) throw unreadable('it has more than 20 MiB')
  const bytes = await readFile(file)
  return { name: path.basename(file), bytes, hash: createHash('sha256').update(bytes).digest('hex') }
}

/**
 * Writes the invoice where evidence lies, before anything names it. Evidence is called by its hash and put in place whole,
 * so that it is the one thing of a home that a second writer cannot spoil.
 */
async function keep(engine: Engine, bytes: Uint8Array): Promise<boolean> {
  const directory = path.join(engine.live().engine.home, 'evidence')
  const evidence = openEvidence({ disk: realDisk, directory, unique: () => randomBytes(8).toString('hex') })
  try {
    await evidence.put(bytes, { maxBytes: mostInvoiceBytes })
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'EACCES' || code === 'EPERM' || code === 'ENOENT' || code === 'EROFS') return false
    throw error
  }
}

function sourceOf(invoice: Invoice | null, isKept: boolean): string {
  if (!invoice) return 'written down without an invoice'
  const name = nodeText(invoice.name, 100)
  return isKept ? `invoice ${name}` : `invoice ${name}, not kept here, sha256 ${invoice.hash}`
}
