/** The contract of every dialect. A new one is a folder, and a line in lib/dialects/index.ts. */
import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import type { Dialect, Fields } from '../../lib/core/dialect.js';
import { bytes } from '../../lib/core/exchange.js';
import type { Headers } from '../../lib/core/headers.js';
import { atEnd, combine, noFacts, type Reading } from '../../lib/core/reading.js';
import { type Reason, reasons } from '../../lib/core/reason.js';
import { streamOf } from '../../lib/dialects/convert.js';
import { requestSecrets, withKey } from '../../lib/dialects/credentials.js';
import { readError } from '../../lib/dialects/errors.js';
import { allDialects, dialects } from '../../lib/dialects/index.js';
import { parse } from '../../lib/dialects/json.js';
import { listModels, mendModels, readModels, withModels } from '../../lib/dialects/models.js';
import { readEvent, readReply, readWholeStream } from '../../lib/dialects/reading.js';
import { isOnlyText, textOfReply } from '../../lib/dialects/reply-text.js';
import { rewriter, rewrittenWhole } from '../../lib/dialects/rewrite.js';
import { routed, tidyPath } from '../../lib/dialects/route.js';
import { streamReader } from '../../lib/dialects/stream-reader.js';
import type { Changes } from '../../lib/dialects/text-changes.js';
import { readWhole, wholeOf } from '../support/at-once.js';

const TEXT = 'Ahoy, wide world.';
const CHAT = { model: 'm', messages: [{ role: 'user', content: 'A question of some length' }] };

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
const parsed = (content: Buffer): unknown => JSON.parse(content.toString());
const textIn = (dialect: Dialect, content: Buffer): string => textOfReply(dialect, bytes(content));
const errorOf = (dialect: Dialect, reason: Reason): object =>
  dialect.error({ reason, says: 'The sea is closed.', retryAfterS: O.some(7) });

/** The events of a stream, as they are read while it comes. */
const piecesIn = (dialect: Dialect, stream: Buffer) => {
  const reader = streamReader();
  const normalize = dialect.events.normalize();
  const events = [...reader.push(stream), ...reader.end()];
  return events.map((event) => ({ event, piece: readEvent(dialect, event, normalize) }));
};

/** The meaning of a stream so far, without an end of its own. */
const meaningOf = (dialect: Dialect, stream: Buffer): Reading =>
  atEnd(
    piecesIn(dialect, stream).reduce(
      (facts, { piece }) => (piece._tag === 'Part' ? combine(facts, piece.facts) : facts),
      noFacts,
    ),
  );

/** The JSON of an event's data; nothing of an event that has none. */
const dataOf = (data: O.Option<string> | undefined): unknown => {
  const value = data === undefined || O.isNone(data) ? undefined : parse(data.value);
  return value?._tag === 'Right' ? value.right : undefined;
};

const upper: Changes = {
  json: O.none,
  text: O.some(() => ({ push: (text) => [{ kind: 'text', text: text.toUpperCase() }], end: () => [] })),
  fault: () => O.none,
  nothingLeft: { _tag: 'StageFault', stage: '', why: '' },
};

describe('every dialect', () => {
  it('has a name of its own, under which it is found', () => {
    expect(allDialects.map(({ name }) => name)).to.deep.equal(Object.keys(dialects));
  });

  for (const dialect of allDialects) {
    const sample = dialect.reply.saying;
    const whole = json(sample(TEXT));
    const stream = streamOf(dialect, whole);

    describe(dialect.name, () => {
      it('is found by the path of its chats, whatever a client puts before and behind it', () => {
        for (const path of [dialect.chatPath, `/v1${dialect.chatPath}`, `/v1${dialect.chatPath}/?a=1`]) {
          const { methods, ...found } = routed(path, {});
          expect(found).to.deep.equal({ dialect, operation: 'chat', isNamed: true });
          expect(methods).to.deep.equal(['POST']);
        }
        expect(tidyPath(`/v1${dialect.chatPath}${dialect.chatPath}`)).to.equal(`/v1${dialect.chatPath}`);
        expect(tidyPath(`/v1${dialect.chatPath}/models`)).to.equal('/v1/models');
      });

      it('puts a key into its carrier, and takes those of clients away', () => {
        const theirs: Headers = { accept: '*/*', ...dialect.credential('theirs') };
        const { headers } = withKey('ours', { path: dialect.chatPath, headers: theirs });
        expect({ ...headers }).to.deep.equal({ accept: '*/*', ...dialect.credential('ours') });
        expect(requestSecrets({ path: '/', headers: theirs })).to.deep.equal(['theirs']);
        for (const other of allDialects) {
          const sent = withKey('ours', { path: other.chatPath, headers: theirs });
          expect(JSON.stringify(sent)).not.to.include('theirs');
        }
      });

      it('reads a chat, and finds what the user said', () => {
        const { request } = dialect;
        expect(request.view(CHAT)).to.deep.equal({ _tag: 'Right', right: CHAT });
        expect(request.view({ model: 'm' })._tag).to.equal('Left');
        expect(request.prompts(CHAT)).to.deep.equal([CHAT.messages[0]?.content]);
        expect(request.lastUserText(CHAT)).to.equal(CHAT.messages[0]?.content);
        expect([CHAT, { ...CHAT, stream: true }].map(request.asksForStream)).to.deep.equal([false, true]);
      });

      it('reads its errors as errors, of every reason', () => {
        for (const reason of Object.keys(reasons) as Reason[]) {
          const error = json(errorOf(dialect, reason));
          expect(readReply(dialect, error)._tag).to.be.oneOf(['ErrorInReply', 'Filtered']);
          expect(readError(error, reasons[reason].status).text).to.equal('The sea is closed.');
          expect(error.toString()).to.include('"retry_after":7');
        }
      });

      it('reads its reply as a good one, and nothing of it twice', () => {
        expect(readWhole(dialect, whole)).to.deep.equal({ body: whole, reading: { _tag: 'Content' } });
        expect(textIn(dialect, whole)).to.equal(TEXT);
        expect(isOnlyText(dialect, whole)).to.equal(true);
        expect(readReply(dialect, json(sample('')))._tag).to.equal('Empty');
      });

      it('makes a stream of its JSON, and of that the JSON again', () => {
        expect(readWholeStream(dialect, stream)).to.deep.equal({ _tag: 'Content' });
        expect(textIn(dialect, stream)).to.equal(TEXT);
        expect(parsed(wholeOf(dialect, stream))).to.deep.include(sample(TEXT));
        const again = streamOf(dialect, wholeOf(dialect, stream));
        expect(parsed(wholeOf(dialect, again))).to.deep.equal(parsed(wholeOf(dialect, stream)));
      });

      it('writes its events as it reads them', () => {
        for (const { event } of piecesIn(dialect, stream)) {
          const value = dataOf(event.data);
          if (value === undefined) continue;
          expect(dialect.events.encode(value as Fields).toString()).to.equal(event.raw.toString());
        }
      });

      it('ends its streams with its last event, without which one that says it stopped is whole all the same', () => {
        const { last } = dialect.events;
        expect(stream.toString().endsWith(last.toString())).to.equal(true);
        expect(meaningOf(dialect, stream.subarray(0, -last.length))).to.deep.equal({ _tag: 'Content' });
        expect(meaningOf(dialect, last)).to.deep.equal({ _tag: 'Empty' });
      });

      it('ends a stream that broke off so that its reader sees a failure', () => {
        const half = stream.subarray(0, stream.length / 2);
        const begun = half.subarray(0, half.lastIndexOf('\n\n') + 2);
        const tail = dialect.events.errorTail(errorOf(dialect, 'broken_off'));
        const failed = piecesIn(dialect, Buffer.concat([begun, tail])).find(({ piece }) => piece._tag === 'Failed');
        expect(failed?.piece).to.have.nested.property('reading.error.text', 'The sea is closed.');
        expect(readWholeStream(dialect, Buffer.concat([begun, tail]))._tag).to.equal('ErrorInReply');
      });

      it('has the same text changed, whole and as a stream, however it is cut', () => {
        const changed = rewrittenWhole(dialect, upper, whole);
        expect(changed._tag === 'Right' && textIn(dialect, changed.right)).to.equal(TEXT.toUpperCase());
        const { push, end } = rewriter(dialect, upper, 1024 * 1024);
        const out = [...stream].map((byte) => push(Buffer.from([byte])));
        const all = [...out, end()].map((one) => (one._tag === 'Right' ? one.right : Buffer.from('failed')));
        expect(textIn(dialect, Buffer.concat(all))).to.equal(TEXT.toUpperCase());
      });

      it('leaves what is as its readers expect it as it came', () => {
        const value = sample(TEXT);
        expect(dialect.reply.normalize(value)).to.equal(value);
        for (const odd of [null, 5, 'x', [], {}]) expect(dialect.reply.normalize(odd)).to.equal(odd);
      });

      it('reads its list of models back, and can have others put in', () => {
        const list = listModels(dialect, ['a', 'b']);
        expect(readModels(dialect, list)).to.deep.equal({ _tag: 'Content' });
        const mended = O.toUndefined(mendModels(dialect, list));
        expect(parsed(mended ?? list)).to.deep.include(parsed(list) as object);
        expect(parsed(mended ?? list)).to.have.deep.property('data', ['a', 'b'].map(dialect.model));
        const other = withModels(list, false, () => [dialect.model('c')]);
        expect(O.map(parsed)(other)).to.have.nested.property('value.data[0].id', 'c');
      });

      it('asks for the rest of a reply, and makes it part of the first', () => {
        const { continuation } = dialect;
        expect(continuation.canGoOn(CHAT)).to.equal(true);
        const asked = continuation.request(json(CHAT), 'Ahoy,');
        expect(O.map(parsed)(asked)).to.have.deep.nested.property('value.messages[1]', {
          role: 'assistant',
          content: 'Ahoy,',
        });
        const first = streamOf(dialect, json(sample('Ahoy,')));
        const bearing = piecesIn(dialect, first).findLast(
          ({ piece }) => piece._tag === 'Part' && piece.texts.length > 0,
        );
        const { data, raw } = bearing?.event ?? expect.fail('no event has text');
        const adopt = continuation.adopt(dataOf(data));
        const given = piecesIn(dialect, streamOf(dialect, json(sample(' wide world.')))).map(({ event }) => {
          const value = dataOf(event.data);
          if (value === undefined) return event.raw;
          const adopted = adopt(value);
          if (adopted._tag === 'Text') return O.toNullable(adopted.render(adopted.text)) ?? Buffer.alloc(0);
          expect(adopted._tag).not.to.equal('Foreign');
          return adopted._tag === 'Pass' ? adopted.raw : Buffer.alloc(0);
        });
        const begun = first.subarray(0, first.indexOf(raw) + raw.length);
        const all = Buffer.concat([begun, ...given]);
        expect(readWholeStream(dialect, all)).to.deep.equal({ _tag: 'Content' });
        expect(textIn(dialect, all)).to.equal(TEXT);
        expect(parsed(wholeOf(dialect, all))).to.deep.include({ ...sample(TEXT) });
      });
    });
  }
});
