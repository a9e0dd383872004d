import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import {
  answer,
  defineStage,
  failures,
  mostNeeded,
  type Needs,
  refuse,
  type StageDefinition,
  tryAgain,
} from '../../lib/core/custom-stage.js';
import { bytes } from '../../lib/core/exchange.js';

describe('core/custom-stage', () => {
  it('is a stage as it was written', () => {
    const stage = { name: 'a', make: () => ({}) };
    expect(defineStage(stage)).to.equal(stage);
  });

  it('does not compile where a seat reads what it does not have', () => {
    const stage = defineStage({
      name: 'early',
      make: () => ({
        // @ts-expect-error: what is asked for is not known yet.
        received: (e) => (e.call === undefined ? e : e),
        // @ts-expect-error: there is no reply yet.
        try: (e) => (e.reply === undefined ? e : e),
        decoded: (e) => (e.call === undefined ? e : e),
        replied: (e) => (e.reading === undefined ? e : e),
      }),
    });
    expect(stage.name).to.equal('early');
  });

  it('does not compile where a seat gives what it cannot take', () => {
    const stage = defineStage({
      name: 'strange',
      make: () => ({
        // @ts-expect-error: no value, no reply, no objection.
        received: () => 5,
        // @ts-expect-error: a failure that neither refuse nor tryAgain makes.
        decoded: () => E.left({ _tag: 'ClientGone' }),
        planned: async (e) => e,
        try: (e) => async () => E.right(e),
        answered: () => refuse('No.'),
      }),
    });
    expect(stage.name).to.equal('strange');
  });

  it('does not compile where another try is asked for behind or before the one seat that can have it', () => {
    const stage = defineStage({
      name: 'again',
      make: () => ({
        // @ts-expect-error: nothing was tried yet.
        decoded: () => tryAgain('early'),
        // @ts-expect-error: nor with a promise.
        planned: async (e) => (e.plan.stream ? tryAgain('early') : e),
        // @ts-expect-error: nor with a TaskEither.
        try: () => async () => tryAgain('early'),
        // @ts-expect-error: the tries are over.
        answered: (e) => (e.attempts.length > 1 ? e : tryAgain('late')),
        // @ts-expect-error: the tries are over.
        failed: () => tryAgain('late'),
        replied: (e) => (e.number > 1 ? refuse('No.') : tryAgain('again')),
      }),
    });
    expect(stage.name).to.equal('again');
  });

  it('can read every field of the body of a chat', () => {
    const stage = defineStage({
      name: 'cool',
      make: () => ({
        decoded: (e) => {
          if (e.call._tag !== 'Chat') return e;
          const { temperature, model } = e.call.body;
          const isHot = typeof temperature === 'number' && temperature > 1 && model?.startsWith('x') !== true;
          return isHot ? { ...e, call: { ...e.call, body: { ...e.call.body, temperature: 1 } } } : e;
        },
      }),
    });
    expect(stage.name).to.equal('cool');
  });

  it('stands where any stage can, whatever its options are', () => {
    const options = { decode: (_: unknown) => E.right({ most: 5 }) };
    const all: readonly StageDefinition[] = [
      defineStage({ name: 'with', options, make: ({ most }) => ({ received: () => refuse(most.toFixed()) }) }),
      defineStage({ name: 'without', make: () => ({ received: (e) => e }) }),
    ];
    expect(all.map(({ name }) => name)).to.deep.equal(['with', 'without']);
  });

  it('knows the types of its options', () => {
    const options = { decode: (_: unknown) => E.right({ most: 5 }) };
    const stage = defineStage({
      name: 'typed',
      options,
      make: ({ most }) => ({ received: () => refuse(most.toFixed()) }),
    });
    expect(stage.make({ most: 5 }, { label: 'typed', now: () => 0, roll: () => 0 })).to.have.property('received');
  });

  it('does not compile where it wants other options than its codec gives', () => {
    const options = { decode: (_: unknown) => E.right({ most: 5 }) };
    // @ts-expect-error: there is no least.
    const more = defineStage({ name: 'a', options, make: (_: { most: number; least: number }) => ({}) });
    // @ts-expect-error: most is no text.
    const other = defineStage({ name: 'b', options, make: (_: { most: string }) => ({}) });
    expect([more, other].map(({ name }) => name)).to.deep.equal(['a', 'b']);
  });

  it('objects with a sentence, a status, a limit', () => {
    expect(refuse('No.')).to.deep.equal(E.left({ _tag: 'Refused', stage: '', status: 400, says: 'No.' }));
    expect(refuse('No.', { status: 403 })).to.have.nested.property('left.status', 403);
    expect(tryAgain('short')).to.deep.equal(E.left({ _tag: 'Unwanted', stage: '', says: 'short', atMost: O.none }));
    expect(tryAgain('short', { atMost: 2 })).to.deep.nested.include({ 'left.atMost': O.some(2) });
  });

  it('has its objections by one name too, which no stage can change', () => {
    expect(failures).to.deep.equal({ refuse, tryAgain });
    expect(Object.isFrozen(failures)).to.equal(true);
  });

  it('answers with a reply', () => {
    const reply = { status: 200, headers: {}, body: bytes(Buffer.from('{}')) };
    expect(answer(reply)).to.deep.equal({ _tag: 'Early', reply });
  });

  describe('needs', () => {
    const seated = (needs?: Needs) => ({ label: 's', timeoutMs: 1, seats: needs === undefined ? {} : { needs } });

    it('are the most that any stage needs', () => {
      fc.assert(
        fc.property(fc.array(fc.option(fc.nat(), { nil: undefined })), (chars) => {
          const stages = chars.map((count) => seated(count === undefined ? undefined : { chars: count }));
          const most = Math.max(0, ...chars.map((count) => count ?? 0));
          expect(mostNeeded(stages)).to.deep.equal({ chars: most });
          expect(mostNeeded([...stages, seated('whole')])).to.equal('whole');
        }),
      );
    });
  });
});
