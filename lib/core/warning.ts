/** Something that the user should know, though nothing failed. */
export type Warning =
  /** A judged reply was longer than `reply_limit`, and was passed on as it came. */
  | 'reply_too_long_to_judge'
  /** Much came of a stream and none of it was content: it was passed on before it could be judged. */
  | 'opened_without_content'
  /** The token limit ended the reply while the model was still thinking: more `max_tokens` is the remedy. */
  | 'cut_while_thinking'
  /** An event that breaks the reader of SillyTavern was left out. */
  | 'event_dropped'
  /** A stream broke off, and the upstream was asked to continue it: one more request, which may be billed. */
  | 'asked_to_go_on'
  /** An upstream sent bytes after a reply that nobody asked for: none of its connections is kept until the next start. */
  | 'surplus_bytes'
  /** The list of models is an old one, since the upstream did not give its own. */
  | 'stale_models'
  /** The list of models could not be written to disk. */
  | 'models_not_kept';

/** Takes a warning about the exchange of that id; never throws and never waits. */
export type Warn = (id: string, warning: Warning) => void;
