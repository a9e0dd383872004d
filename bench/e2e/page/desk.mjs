/** What the cases of the page share: who is connected to what, the row, and a page that works again after a hang. */
import { judged, played } from '../report.mjs';
import { judge, sawOf } from './judge.mjs';
import { KEY } from './world.mjs';

export const CLIENT = 'SillyTavern page';

const mode = (stream) => (stream ? 'stream' : 'json');

let numbers = 0;

/**
 * @param {any} world see world.mjs
 * @param {(row: import('../report.mjs').Row) => void} tell
 */
export const deskIn = ({ tavern, upstream }, tell) => {
  const at = { source: '', url: '', stream: undefined };
  const secrets = [KEY, new URL(upstream.url).host];

  /** @param {'custom' | 'openai' | 'claude'} source @param {string} url of the proxy, without `/v1` */
  const connect = async (source, url) => {
    Object.assign(at, { source, url });
    return tavern.connect(source, `${url}/v1`, KEY);
  };
  const streaming = async (stream) => {
    at.stream = stream;
    await tavern.set('stream_toggle', stream);
  };
  const shown = () => tavern.shown(secrets);

  /** A page that hangs is no reason for the next case to fail. */
  const recover = async () => {
    await tavern.reload();
    await connect(at.source, at.url);
    await streaming(at.stream);
  };

  /**
   * Has `judgeIt` do its part on the page, and tells the row; with a page that is new where it failed.
   * @param {string} says
   * @param {() => Promise<{ saw: string, attempts: string, problems: readonly string[] }>} judgeIt
   */
  const row = async (says, judgeIt, inMode = mode(at.stream)) => {
    const told = await judged({ client: CLIENT, says, source: at.source, mode: inMode }, judgeIt);
    tell(told);
    if (told.problems.length > 0) await recover();
  };

  /**
   * A case: with its model, `act` on the page, then what is on the screen.
   * @param {import('./kinds.mjs').Case} kase
   * @param {(prompt: string) => Promise<unknown>} act
   * @param {{ prompt?: string, expected?: (text: string) => Promise<string>, more?: (id: string, screen: any) => Promise<readonly string[]> }} [options]
   */
  const check = (kase, act, { prompt, expected = async (text) => text, more = async () => [] } = {}) =>
    row(kase.says, async () => {
      numbers += 1;
      const id = `page.${numbers}`;
      // Each case has words of its own, so that an answer to another's question is seen. Some need more than a byte.
      const words = prompt ?? `${id} \u2014 \u201cwaves\u201d \u{1F30A} \\ "${kase.says}"`;
      await tavern.setModel(at.source, `demo:${kase.wish}:${id}`);
      await tavern.clearToasts();
      await act(words, id);
      const screen = await shown();
      const text = await expected(await upstream.expected('good-plain', words));
      const attempts = await upstream.attempts(id);
      return {
        saw: sawOf(screen, text),
        attempts: kase.label ?? played(attempts.map((attempt) => attempt.played)),
        problems: [...judge(kase, screen, text, attempts), ...(await more(id, screen))],
      };
    });

  /** Nothing may show it. @param {string} secret */
  const hide = (secret) => secrets.push(secret);

  return { at, hide, connect, streaming, shown, row, check };
};
