import type { Changed, Code, IpcError, TurnPatch, commands } from './bindings.gen'

export type {
  Account,
  Appearance,
  Arrangement,
  BackUp,
  Balance,
  Begin,
  Block,
  BranchStretch,
  Changed,
  ChatSettings,
  Code,
  Conversation,
  ConversationId,
  ConversationList,
  ConversationRow,
  Currency,
  Effort,
  DataPlace,
  Failure,
  Folder,
  FolderEdit,
  FolderId,
  Found,
  HeaderEdit,
  Hit,
  HitIn,
  IndexState,
  Inside,
  IpcError,
  KeepKey,
  KeyState,
  KeyStatus,
  Lock,
  MessageId,
  MessageMeta,
  MessageState,
  MessageView,
  Model,
  ModelChoice,
  Money,
  Note,
  Phase,
  Place,
  Preset,
  ServerProxy,
  ProxyEdit,
  Rates,
  Sampling,
  SearchPosition,
  SearchResults,
  Sent,
  Server,
  ServerEdit,
  ServerId,
  ServerKind,
  ServerNetwork,
  ServerToAdd,
  SnippetPiece,
  Spent,
  TagUse,
  Timing,
  Transcript,
  TurnPatch,
  UndoId,
  Usage,
  VersionDeleted,
} from './bindings.gen'

/** What changed in a list of blocks: replace or add by key, then keep the first `length`. */
export type BlockPatch = TurnPatch['text']

type Commands = typeof commands
type Unwrapped<Command> = Command extends (...args: infer Args) => Promise<infer Answer>
  ? (...args: Args) => Promise<Extract<Answer, { status: 'ok' }> extends { data: infer Data } ? Data : never>
  : never

/**
 * Everything the page may ask of core. Each command resolves with its answer or rejects with a {@link CoreError};
 * nothing else in the page knows whether a real core or the fake one stands behind it.
 */
export type Core = { [Name in keyof Commands]: Unwrapped<Commands[Name]> } & {
  /** Calls back whenever core changed a conversation by itself; resolves with the way to stop listening. */
  onChanged(changed: (event: Changed) => void): Promise<() => void>
  /** Calls back when this window is asked to close, and lets it once that has resolved. */
  onClosing(closing: () => Promise<void>): Promise<() => void>
}

/** A command that core refused. The page switches on `code` only; `message` is core's own English, for the record. */
export class CoreError extends Error {
  readonly code: Code
  readonly retryAfterMs: number | null

  constructor(error: IpcError) {
    super(error.message)
    this.name = 'CoreError'
    this.code = error.code
    this.retryAfterMs = error.retry_after_ms
  }

  /** Whatever was thrown, as a refusal; a crash of the bridge itself counts as `internal`. */
  static from(thrown: unknown): CoreError {
    if (thrown instanceof CoreError) return thrown
    return new CoreError({ code: 'internal', message: String(thrown), retry_after_ms: null })
  }
}
