/** A client of both dialects, which keeps what its user would have. */
import { type Agent, type IncomingHttpHeaders, request } from 'node:http';
import { createParser } from 'eventsource-parser';
import type { ChatPlace } from './schedules.js';

export interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Whether the end came that the framing promises. */
  readonly whole: boolean;
  readonly text: string;
  /** The body, or the event, that has an error in it. */
  readonly error: ErrorBody | undefined;
  /** The events from the one with an error on: their names and their data. */
  readonly lastEvents: readonly (readonly [name: string, data: string])[];
}

export interface ErrorBody {
  readonly type?: string;
  readonly error: { readonly message?: unknown; readonly type?: unknown; readonly code?: unknown };
  readonly choices?: readonly unknown[];
}

interface Choice {
  readonly index?: number;
  readonly text?: string;
  readonly message?: { readonly content?: string | null };
  readonly delta?: { readonly content?: string | null };
}

/** Either dialect's whole reply, event or error. */
interface Said extends Partial<Omit<ErrorBody, 'choices'>> {
  readonly choices?: readonly Choice[];
  readonly content?: readonly { readonly text?: string }[];
  readonly delta?: { readonly text?: string };
}

const textOf = ({ choices = [], content = [], delta = {} }: Said): string => {
  const first = choices.find(({ index = 0 }) => index === 0);
  const chat = first?.delta?.content ?? first?.message?.content ?? first?.text ?? '';
  return chat + content.map(({ text = '' }) => text).join('') + (delta.text ?? '');
};

const errorIn = (said: Said): ErrorBody | undefined => (said.error ? (said as ErrorBody) : undefined);

const read = (body: string, isStream: boolean): Pick<Got, 'text' | 'error' | 'lastEvents'> => {
  if (!isStream) {
    const said = JSON.parse(body) as Said;
    return { text: textOf(said), error: errorIn(said), lastEvents: [] };
  }
  let text = '';
  let error: ErrorBody | undefined;
  const lastEvents: [string, string][] = [];
  const parser = createParser({
    onEvent: ({ event = 'message', data }) => {
      const said = data === '[DONE]' ? {} : (JSON.parse(data) as Said);
      error ??= errorIn(said);
      if (error === undefined) text += textOf(said);
      else lastEvents.push([event, data]);
    },
  });
  parser.feed(body);
  return { text, error, lastEvents };
};

/** Rejects where there is no reply, or one that cannot be read. */
export const askChat = (port: number, agent: Agent, place: ChatPlace, model: string, prompt: string): Promise<Got> =>
  new Promise((resolve, reject) => {
    const stream = place.endsWith('-stream');
    const path = place.startsWith('chat') ? '/v1/chat/completions' : '/v1/messages';
    const headers = { host: 'localhost', 'content-type': 'application/json' };
    const asked = request({ port, host: '127.0.0.1', method: 'POST', path, agent, headers }, (response) => {
      const pieces: Buffer[] = [];
      const { statusCode: status = 0 } = response;
      response.on('data', (piece) => pieces.push(piece));
      response.on('error', () => {});
      response.on('close', () => {
        const body = Buffer.concat(pieces).toString('utf8');
        try {
          const said = read(body, stream && status === 200);
          resolve({ status, headers: response.headers, whole: response.complete, ...said });
        } catch (error) {
          reject(new Error(`${status}, not to be read: ${body.slice(0, 300)}`, { cause: error }));
        }
      });
    });
    asked.on('error', reject);
    asked.end(JSON.stringify({ model, stream, max_tokens: 300, messages: [{ role: 'user', content: prompt }] }));
  });
