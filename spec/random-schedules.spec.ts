/**
 * Random failures of an upstream, one after the other, with its bytes cut anywhere, through the whole proxy. SCHEDULES
 * says how many; SEED repeats a run.
 */
import { randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { Agent } from 'node:http';
import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import type { StreamingSettings } from '../lib/core/settings.js';
import { goodText } from '../lib/demo/answers/message.js';
import { type Demo, startDemo } from '../lib/demo/server.js';
import { dialects } from '../lib/dialects/index.js';
import { askChat, type Got } from './support/chat-client.js';
import { eventually, type RunningApp, startApp } from './support/proxy.js';
import { type Expected, expectedOf, MAX_DELAY_MS, type Schedule, schedules } from './support/schedules.js';
import { type Relay, startRelay } from './support/splitting-relay.js';
import { timeouts } from './support/values.js';

const COUNT = Number(process.env.SCHEDULES ?? 500);
const SEED = Number(process.env.SEED ?? randomInt(2 ** 31));
const AT_ONCE = 40;
/** More than a schedule has faults, so that tries never run out. */
const TRIES = 5;
/** What hangs costs so much; less, and a busy machine would be taken for a fault. */
const SILENCE_MS = 2500;
/** Connections to the upstream are kept for four seconds. */
const PATIENCE_MS = 8000;
const SHOWN = 5;

const CHANGES = {
  target: {
    timeouts: {
      ...timeouts,
      headersMs: SILENCE_MS,
      headersWholeMs: SILENCE_MS,
      firstContentMs: SILENCE_MS,
      idleMs: SILENCE_MS,
      totalMs: 60_000,
    },
  },
  retry: { maxRetries: TRIES, timeoutRetries: TRIES, maxDelayMs: MAX_DELAY_MS, deadlineMs: 60_000 },
};

/** Where such a failure meets a kept connection, it may look as if that had died unused: sent again, and not counted. */
const MAY_GO_UNCOUNTED = new Set(['reset-before-headers', 'fin-before-headers']);

/** 0 where the system does not tell. */
const openFiles = (): number => {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
};

const expectForm = ({ place }: Schedule, { error }: Got): void => {
  expect(error, 'an error').to.be.an('object');
  expect(error?.error.message, 'error.message').to.be.a('string').and.not.equal('');
  expect(error?.error.type, 'error.type').to.be.a('string');
  if (place.startsWith('messages')) expect(error?.type).to.equal('error');
};

const expectLastWords = (schedule: Schedule, got: Got, prompt: string): void => {
  expect(got.status).to.equal(200);
  expect(goodText(prompt).startsWith(got.text), 'the beginning of the text').to.equal(true);
  expectForm(schedule, got);
  const events = got.lastEvents.map(([name, data]) => (data === '[DONE]' ? data : name));
  expect(events).to.deep.equal(schedule.place === 'messages-stream' ? ['error'] : ['message', '[DONE]']);
  if (schedule.place === 'chat-stream') expect(got.error?.choices).to.deep.equal([]);
};

const expectError = (schedule: Schedule, got: Got, expected: Extract<Expected, { gets: 'error' }>): void => {
  expect(got.status).to.equal(expected.status);
  expectForm(schedule, got);
  const isOpenai = schedule.place.startsWith('chat');
  const { error } = isOpenai ? dialects.openai : dialects.anthropic;
  const body = error({ reason: expected.reason, says: '', retryAfterS: O.none });
  expect(body).to.have.nested.property('error.type', got.error?.error.type);
  if (isOpenai) expect(got.error?.error.code).to.equal(expected.reason);
};

const expectOutcome = (schedule: Schedule, got: Got, expected: Expected, prompt: string): void => {
  expect(got.whole, 'a clean end').to.equal(true);
  switch (expected.gets) {
    case 'broken':
      expectLastWords(schedule, got, prompt);
      break;
    case 'error':
      expectError(schedule, got, expected);
      break;
    case 'text':
      expect(got.error, 'an error').to.equal(undefined);
      expect(got.status).to.equal(200);
      expect(got.text).to.equal(expected.text(prompt));
  }
};

/** The one of what may come that did, by what the upstream saw. */
const whichOf = (schedule: Schedule, got: Got, seen: readonly string[]): Expected => {
  const all = expectedOf(schedule);
  const same = all.filter(({ played }) => played.join() === seen.join());
  const [one] = same.filter(({ gets }) => (gets === 'broken') === (got.status === 200 && got.error !== undefined));
  const may = all.map(({ gets, played }) => `${gets} after ${played}`).join(' or ');
  return (
    one ??
    expect.fail(`the upstream saw ${seen}, the client got ${got.status}, ${got.text.length} characters; not ${may}`)
  );
};

const expectCount = ({ onBreak }: Schedule, got: Got, { gets, played }: Expected): void => {
  // A stream's head was sent before it was asked to go on.
  if (gets === 'broken' || onBreak === 'continue') return;
  const most = played.some((name) => MAY_GO_UNCOUNTED.has(name)) ? 1 : 0;
  expect(played.length - Number(got.headers['x-seaking-attempts']), 'uncounted').to.be.within(0, most);
};

describe('random schedules', function () {
  this.timeout(25_000 + COUNT * 50);
  const drawn = schedules(COUNT, SEED);
  const agent = new Agent({ keepAlive: true });
  let demo: Demo;
  let relay: Relay;
  let proxies: Readonly<Record<StreamingSettings['onBreak'], RunningApp>>;

  before(async () => {
    demo = await startDemo({ chunkDelayMs: 0 });
    relay = await startRelay(Number(new URL(demo.url).port), (heard) => {
      const [, number] = /"demo:[^"]*:schedule-(\d+)"/.exec(heard) ?? [];
      return number === undefined ? undefined : drawn[Number(number)]?.pieces;
    });
    const start = (onBreak: StreamingSettings['onBreak']) =>
      startApp(relay.url, { ...CHANGES, streaming: { onBreak, maxContinues: TRIES } });
    proxies = { error: await start('error'), continue: await start('continue') };
  });
  after(async () => {
    agent.destroy();
    await Promise.all(Object.values(proxies).map((proxy) => proxy.close()));
    await relay.close();
    await demo.close();
  });

  const run = async (schedule: Schedule, number: number): Promise<void> => {
    const id = `schedule-${number}`;
    const { place, onBreak, faults, good } = schedule;
    const got = await askChat(proxies[onBreak].port, agent, place, `demo:${[...faults, good].join('+')}:1:${id}`, id);
    const seen = demo.attempts(id).map(({ played }) => played);
    const expected = whichOf(schedule, got, seen);
    expectCount(schedule, got, expected);
    expectOutcome(schedule, got, expected, id);
  };

  it('each end in the exact reply or in one error that its client can read, and leave nothing open', async () => {
    const openBefore = openFiles();
    const failures: string[] = [];
    let next = 0;
    const work = async (): Promise<void> => {
      while (next < drawn.length) {
        const number = next++;
        const schedule = drawn[number] as Schedule;
        await run(schedule, number).catch((error: Error) =>
          failures.push(`${number}: ${error.message}\n  ${JSON.stringify(schedule)}`),
        );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const told = failures.slice(0, SHOWN).join('\n');
    expect(failures.length, `failures of ${COUNT}, with SEED=${SEED}:\n${told}\n`).to.equal(0);

    agent.destroy();
    const inFlight = () => proxies.error.inFlight() + proxies.continue.inFlight();
    await eventually(() => inFlight() === 0 && openFiles() <= openBefore, PATIENCE_MS);
  });
});
