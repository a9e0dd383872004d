/** A dialect is a wire format: how one API writes its requests, replies, streams, errors and lists of models. */
import type * as E from 'fp-ts/lib/Either.js';
import type * as O from 'fp-ts/lib/Option.js';
import type { Headers } from './headers.js';
import type { StreamFacts } from './reading.js';
import type { Reason } from './reason.js';

/** Any JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** The fields that the proxy itself reads have types; all others are there too, as the client sent them. */
export interface ChatBody extends Fields {
  /** Missing or null: the upstream has one model, or one that it takes if none is named. */
  readonly model?: string | null | undefined;
  readonly messages: readonly unknown[];
  readonly stream?: boolean | null | undefined;
}

/** Chats are judged, lists of models are judged and kept; all else is passed through. */
export type Operation = 'chat' | 'models' | 'other';

/** A path that a dialect serves. */
export interface Route {
  /** Matches a tidy path without its query. */
  readonly path: RegExp;
  readonly operation: Operation;
  readonly methods: readonly string[];
}

/** The text of one choice. */
export interface ChoiceText {
  /** The `index` of the choice. */
  readonly choice: number;
  readonly text: string;
}

/** The meaning of a whole reply, of one event, or of all events so far. */
export interface View {
  readonly facts: StreamFacts;
  /** The text of each choice that has any. */
  readonly texts: readonly ChoiceText[];
  /** It ends a block of the reply, into which nothing can be said any more. */
  readonly closes: boolean;
  /** The reason to stop by which the reply, of its own account, has failed. */
  readonly failed?: string | undefined;
}

/** Text that comes out of a transform, in its order. */
export interface TextPiece {
  readonly kind: 'text' | 'reasoning';
  readonly text: string;
}

/** Changes the text of one choice. */
export interface TextFlow {
  readonly push: (text: string) => readonly TextPiece[];
  /** The rest, which was held back. */
  readonly end: () => readonly TextPiece[];
}

/** Makes the flow of a choice, by its number. */
export type MakeFlow = (choice: number) => TextFlow;

/** Puts other text into the events of one stream. Keeps state. */
export interface EventRewriter {
  /** The events in place of this one; the same, where nothing of it changes. */
  readonly take: (event: Fields) => readonly Fields[];
  /** The rest, which was held back until nothing more of the text comes. */
  readonly end: () => readonly Fields[];
}

/** An event of a second reply that is made part of a first one. */
export type Adopted =
  /** Text, maybe none. `render` gives the event with other text in its place; none where nothing is left of it. */
  | { readonly _tag: 'Text'; readonly text: string; readonly render: (text: string) => O.Option<Buffer> }
  /** Goes to the client as it is given here. */
  | { readonly _tag: 'Pass'; readonly raw: Buffer }
  /** The first reply has said it already. */
  | { readonly _tag: 'Drop' }
  /** It cannot be joined to plain text, such as a tool call. */
  | { readonly _tag: 'Foreign' };

/** A function of each event's parsed data. Keeps state: one for each second reply. */
export type AdoptEvent = (value: unknown) => Adopted;

/** An error for the client. */
export interface ErrorFacts {
  readonly reason: Reason;
  readonly says: string;
  readonly retryAfterS: O.Option<number>;
}

/** An entry of a list of models; fields that are not known here are kept. */
export interface Model {
  readonly id: string;
  readonly [field: string]: unknown;
}

interface RequestFormat {
  /** A view of the parsed body. Left: one sentence for the client, without a value of its body. */
  readonly view: (value: unknown) => E.Either<string, ChatBody>;
  readonly asksForStream: (body: ChatBody) => boolean;
  /** The texts that are long enough to be known again in an upstream's error. */
  readonly prompts: (body: ChatBody) => readonly string[];
  /** The text of the user's last message; `''` where there is none. */
  readonly lastUserText: (body: ChatBody) => string;
}

interface ReplyFormat {
  /** A whole reply as readers expect it, whatever odd shape it came in; itself, where it is as they expect. */
  readonly normalize: (value: unknown) => unknown;
  /** None: it is no reply. */
  readonly view: (value: unknown) => O.Option<View>;
  /** The stream that says the same, with its end. None: it is no reply. */
  readonly toStream: (reply: Fields) => O.Option<string>;
  /** The reply that the events of a stream say. None: they say none. */
  readonly fromStream: (events: readonly Fields[]) => O.Option<Fields>;
  /** A good reply that says this text, and nothing else. */
  readonly saying: (text: string) => Fields;
  /** The reply with other text; itself, where nothing changes. */
  readonly withText: (reply: Fields, make: MakeFlow) => Fields;
}

interface EventFormat {
  /** Makes the events of one stream as readers expect them, in their order: keeps state. */
  readonly normalize: () => (value: unknown) => unknown;
  /** None: it is no event, or an error. */
  readonly view: (value: unknown) => O.Option<View>;
  readonly encode: (event: Fields) => Buffer;
  /** The event at which readers of a stream stop. */
  readonly last: Buffer;
  /** Whether no text comes behind this event. `[DONE]` is known anyway. */
  readonly isLast: (event: Fields) => boolean;
  /** Whether the data of an event is a whole reply. */
  readonly isWholeReply: (data: string) => boolean;
  /** The end of a stream that broke off, with the body of this error. */
  readonly errorTail: (error: object) => Buffer;
  readonly rewriter: (make: MakeFlow) => EventRewriter;
}

interface Continuation {
  /** Whether the reply to a request of these fields can be gone on with. */
  readonly canGoOn: (body: unknown) => boolean;
  /** The same request, to go on behind this text. None: nothing could be joined. */
  readonly request: (body: Buffer, partial: string) => O.Option<Buffer>;
  /** Whether there is nothing to go on from before there is text. */
  readonly needsText: boolean;
  /** Makes events part of the stream whose last event with text had this data. */
  readonly adopt: (last: unknown) => AdoptEvent;
}

/** A wire format. A stage needs its `name` alone; the rest is for the proxy. */
export interface Dialect {
  /** That of its folder, such as `openai`. */
  readonly name: string;
  /** The end of the path of a chat, which users may type behind the base URL as well. */
  readonly chatPath: string;
  /** The first that matches counts. */
  readonly routes: readonly Route[];
  /** Whether header fields name this dialect, where the path leaves it open. */
  readonly isNamedIn: (headers: Headers) => boolean;
  /** The header fields that carry a key. */
  readonly credential: (apiKey: string) => Readonly<Record<string, string>>;
  readonly request: RequestFormat;
  readonly reply: ReplyFormat;
  readonly events: EventFormat;
  /** The body of an error. */
  readonly error: (facts: ErrorFacts) => object;
  /** More header fields of an error's reply, for the request of this id. */
  readonly errorFields: (id: string) => Readonly<Record<string, string>>;
  /** A model of which nothing but its id is known. */
  readonly model: (id: string) => Model;
  /** The body of a list of such models. */
  readonly modelList: (ids: readonly string[]) => object;
  readonly continuation: Continuation;
  /** The numbers of tokens in a reply or an event. */
  readonly usage: (value: unknown) => Readonly<Record<'inputTokens' | 'outputTokens', number | undefined>>;
}
