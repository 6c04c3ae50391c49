/** A failure worded for people: what happened, and what to do about it. */
export type FailureWords = { what: string; advice: string }
/** Where a failure happened; the name of the server, or null where it is this machine's own. */
export type At = { server: string | null; status: number | null }

const code = (at: At) => (at.status === null ? '' : ` (${at.status})`)
const named = (at: At) => at.server ?? 'The server'

export const en = {
  app: {
    name: 'Porthole',
    loading: 'Opening…',
    close: 'Close',
    cancel: 'Cancel',
    undo: 'Undo',
    retry: 'Retry',
    details: 'Details',
    hideDetails: 'Hide details',
    dismiss: 'Dismiss',
    showSidebar: 'Show chats',
    hideSidebar: 'Hide chats',
    showInspector: 'Show chat settings',
    hideInspector: 'Hide chat settings',
    skip: 'Skip to the message field',
    cannotStart: 'Porthole could not open its data',
    recovered: (count: number) =>
      count === 1
        ? 'One reply was cut off when Porthole last closed. Its text is kept.'
        : `${count} replies were cut off when Porthole last closed. Their text is kept.`,
  },
  sidebar: {
    label: 'Chats',
    newChat: 'New chat',
    settings: 'Settings',
    empty: 'Your chats will be listed here.',
    today: 'Today',
    yesterday: 'Yesterday',
    week: 'Previous 7 days',
    arriving: 'Reply arriving',
    more: (title: string) => `More for “${title}”`,
    rename: 'Rename',
    remove: 'Delete',
    title: 'Chat title',
    removed: (title: string) => `“${title}” deleted`,
    restored: 'Chat restored',
  },
  chat: {
    conversation: 'Conversation',
    you: 'You',
    reply: 'Reply',
    untitled: 'New chat',
    staysHere: 'Text stays on this computer',
    goesToNetwork: (host: string) => `Text goes to ${host} on your network`,
    goesTo: (host: string) => `Text goes to ${host}`,
    latest: 'Jump to latest',
    finished: 'Reply finished',
    failed: 'Reply failed',
    stopped: 'Stopped',
    waiting: 'Waiting for the model',
    loadingModel: 'Waiting for the model to load or read the chat',
    showMore: 'Show all',
    showLess: 'Show less',
    copied: 'Copied',
    copyFailed: 'Could not copy',
    linkFailed: 'Could not open the link',
    lengthReached:
      'The reply reached its token limit. Raise “Longest reply” in Chat settings to get longer ones.',
    filtered: 'The server ended this reply with its content filter.',
    notSent: 'Not sent. Your text is still here.',
  },
  thinking: {
    running: 'Thinking',
    done: 'Thought',
    doneFor: (time: string) => `Thought for ${time}`,
    tokens: (count: string) => `${count} tokens`,
    text: 'Thinking text',
    loading: 'Loading the thinking…',
  },
  actions: {
    copy: 'Copy reply',
    regenerate: 'Regenerate',
    copyMessage: 'Copy message',
    previousVersion: 'Previous version',
    nextVersion: 'Next version',
    version: (index: number, count: number) => `${index}/${count}`,
    versionLong: (index: number, count: number) => `Version ${index} of ${count}`,
  },
  receipt: {
    firstToken: (time: string) => `${time} to first token`,
    speed: (tokens: string) => `${tokens} tokens/s`,
    tokens: (sent: string, received: string) => `${sent} in / ${received} out`,
    tokensCached: (sent: string, cached: string, received: string) =>
      `${sent} in (${cached} cached) / ${received} out`,
    tokensIn: (sent: string) => `${sent} tokens in`,
    tokensOut: (received: string) => `${received} tokens out`,
  },
  code: {
    copy: 'Copy code',
    wrap: 'Wrap lines',
    unwrap: 'Do not wrap lines',
    plain: 'Text',
    expand: (lines: number) => `Show all ${lines} lines`,
    collapse: 'Fold',
    imageFrom: (host: string) => `Image from ${host}`,
  },
  composer: {
    message: 'Message',
    placeholder: 'Write a message',
    placeholderNoModel: 'No model to talk to yet',
    send: 'Send',
    stop: 'Stop',
    stopHint: 'Stop (Esc)',
    hint: 'Enter sends, Shift+Enter starts a new line',
  },
  models: {
    choose: 'Choose a model',
    chosen: (name: string) => `Model: ${name}`,
    chosenWithEffort: (name: string, effort: string) => `Model: ${name}, effort ${effort}`,
    none: 'No model',
    search: 'Search models',
    nothing: 'No model has that in its name.',
    noneOn: 'No model is loaded or installed here.',
    refresh: 'Refresh',
    looking: 'Looking…',
    list: 'Models',
    context: (tokens: string) => `${tokens} context`,
    checking: 'Checking…',
    ready: 'Reachable',
    unreachable: 'Not reachable',
    gone: (name: string) => `${name} is not available now`,
    hosted: 'Hosted',
  },
  place: {
    thisComputer: 'This computer',
    localNetwork: (host: string) => `Local network · ${host}`,
    label: (place: string) => `Text goes to: ${place}`,
  },
  firstRun: {
    title: 'Connect a model',
    lead: 'Porthole talks to models on this computer, on your network or on a hosted server. Nothing leaves this computer until you send a message.',
    looking: 'Looking for local servers…',
    found: 'Found',
    none: 'No local server is answering.',
    again: 'Look again',
    use: 'Use',
    useModel: (model: string, server: string) => `Use ${model} on ${server}`,
    modelCount: (count: number) => (count === 1 ? '1 model' : `${count} models`),
    noModels: 'Running, but it has no model yet',
    startTitle: 'Start one',
    startHint: 'Any of these will be found by itself, on its usual port:',
    other: 'Other server',
    otherHint: 'Anything that speaks the OpenAI protocol.',
  },
  servers: {
    name: 'Name',
    namePlaceholder: 'Workshop PC',
    url: 'Address',
    urlPlaceholder: 'http://192.168.1.20:8080/v1',
    urlInvalid: 'Write the whole address, starting with http:// or https://',
    add: 'Add server',
    adding: 'Checking…',
    added: (name: string) => `${name} added`,
    addedUnreachable: (name: string) => `${name} added, but it is not answering yet`,
    remove: (name: string) => `Remove ${name}`,
    removed: (name: string) => `${name} removed`,
    foundItself: 'Found by itself',
    byHand: 'Added by you',
  },
  inspector: {
    label: 'Chat settings',
    system: 'System message',
    systemPlaceholder: 'How the model should behave in this chat',
    temperature: 'Temperature',
    temperatureHint: 'Lower is steadier, higher is more varied. 0 to 2.',
    topP: 'Top P',
    topPHint: 'Share of likely words to choose from. 0 to 1.',
    maxTokens: 'Longest reply',
    maxTokensHint: 'In tokens.',
    effort: 'Thinking effort',
    effortHint: 'For models that can think first.',
    standard: 'Default',
    range: (low: string, high: string) => `A number from ${low} to ${high}`,
    atLeast: (low: string) => `A whole number, ${low} or more`,
    hint: 'Applies to this chat from the next message on.',
  },
  effort: { default: 'Default', off: 'Off', low: 'Low', high: 'High', max: 'Max' },
  settings: {
    title: 'Settings',
    sections: 'Sections',
    appearance: 'Appearance',
    servers: 'Servers',
    about: 'About',
    theme: 'Theme',
    themes: { system: 'System', light: 'Light', dark: 'Dark' },
    language: 'Language',
    languageSystem: 'System',
    textSize: 'Text size',
    textSizeHint: 'Of messages and of what you write.',
    textSizeValue: (px: string) => `${px} px`,
    sample: 'The reply is the page; everything else recedes until it is needed.',
    serversHint: 'Local servers are found by themselves. Add others by their address.',
    addServer: 'Add a server',
    noServers: 'No server yet.',
    version: 'Version',
    dataFolder: 'Data folder',
    copyPath: 'Copy path',
    aboutLine: 'A chat window for DeepSeek V4 and for models on your own machines.',
  },
  retrying: {
    rate_limited: (at: At) => `${named(at)} asks for a pause`,
    overloaded: (at: At) => `${named(at)} is overloaded`,
    server_error: (at: At) => `${named(at)} had an error`,
    unreachable: (at: At) => `${named(at)} is not answering`,
    timeout: (at: At) => `${named(at)} took too long`,
    other: (at: At) => `${named(at)} did not answer`,
    countdown: (seconds: string, attempt: string) => `Trying again in ${seconds} s · attempt ${attempt}`,
    now: (attempt: string) => `Trying again now · attempt ${attempt}`,
  },
  failures: {
    unauthorized: (at: At): FailureWords => ({
      what: `${named(at)} refused the key${code(at)}.`,
      advice: 'Check the key this server expects.',
    }),
    payment_required: (at: At): FailureWords => ({
      what: `${named(at)} says the balance is used up${code(at)}.`,
      advice: 'Top up the account with the provider, then retry.',
    }),
    forbidden: (at: At): FailureWords => ({
      what: `${named(at)} does not allow this request${code(at)}.`,
      advice: 'The account may not have this model. Choose another one or ask the provider.',
    }),
    not_found: (at: At): FailureWords => ({
      what: `${named(at)} does not know this model or address${code(at)}.`,
      advice: 'Refresh the model list and choose again, or check the address in Settings › Servers.',
    }),
    too_large: (at: At): FailureWords => ({
      what: `The message is larger than ${at.server ?? 'the server'} accepts${code(at)}.`,
      advice: 'Shorten it, or send it in parts.',
    }),
    invalid_request: (at: At): FailureWords => ({
      what: `${named(at)} did not accept the request${code(at)}.`,
      advice: 'Clear the values in Chat settings and retry. Its own words are under Details.',
    }),
    context_overflow: (at: At): FailureWords => ({
      what: `The chat is longer than the model on ${at.server ?? 'this server'} can read.`,
      advice: 'Start a new chat, or choose a model with a larger context.',
    }),
    rate_limited: (at: At): FailureWords => ({
      what: `${named(at)} asks for a pause${code(at)}: too many requests.`,
      advice: 'Wait a moment, then retry.',
    }),
    server_error: (at: At): FailureWords => ({
      what: `${named(at)} had an error of its own${code(at)}.`,
      advice: 'Retry. If it stays, look at the server’s log.',
    }),
    overloaded: (at: At): FailureWords => ({
      what: `${named(at)} is overloaded${code(at)}.`,
      advice: 'Wait a little, then retry, or choose another model.',
    }),
    unreachable: (at: At): FailureWords => ({
      what: `${named(at)} cannot be reached.`,
      advice: 'Check that it is running and that its address is right, then retry.',
    }),
    timeout: (at: At): FailureWords => ({
      what: `${named(at)} stopped answering.`,
      advice: 'It may be loading the model or be very busy. Retry in a moment.',
    }),
    cut_off: (at: At): FailureWords => ({
      what:
        at.server === null
          ? 'Porthole was closed while this reply was arriving.'
          : `The connection to ${at.server} ended before the reply did.`,
      advice: 'The text so far is kept. Retry for a whole reply.',
    }),
    malformed: (at: At): FailureWords => ({
      what: `${named(at)} sent something Porthole cannot read${code(at)}.`,
      advice: 'Check that the address leads to a chat server that speaks the OpenAI protocol.',
    }),
    empty_reply: (at: At): FailureWords => ({
      what: `${named(at)} ended the reply without a word.`,
      advice: 'Retry, or choose another model.',
    }),
    locked: (at: At): FailureWords => ({
      what: `This chat is locked to this computer, and ${at.server ?? 'that server'} is elsewhere.`,
      advice: 'Choose a model on this computer.',
    }),
    cancelled: (): FailureWords => ({
      what: 'Stopped before the reply began.',
      advice: 'Retry when you like.',
    }),
    read_only: (): FailureWords => ({
      what: 'Porthole may not write to its data folder.',
      advice: 'Give the folder write permission, then start Porthole again.',
    }),
    disk_full: (): FailureWords => ({
      what: 'The disk is full, so nothing can be saved.',
      advice: 'Free some space, then retry. Nothing saved so far is lost.',
    }),
    newer_version: (): FailureWords => ({
      what: 'The data was written by a newer Porthole.',
      advice: 'Install that version or a later one. Nothing was changed.',
    }),
    damaged: (): FailureWords => ({
      what: 'The data file is damaged.',
      advice: 'Put back a back-up from the data folder. The damaged file was left as it is.',
    }),
    busy: (): FailureWords => ({
      what: 'Another program is holding Porthole’s data.',
      advice: 'Close the other Porthole or the program that reads its data folder, then try again.',
    }),
    no_model: (at: At): FailureWords => ({
      what:
        at.server === null
          ? 'This model is not available now.'
          : `${at.server} does not offer this model now.`,
      advice: 'Choose another model.',
    }),
    internal: (): FailureWords => ({
      what: 'Porthole made a mistake of its own.',
      advice: 'Try again. If it stays, start Porthole again; your chats are saved.',
    }),
  },
}

type Widened<T> = T extends string
  ? string
  : T extends (...args: infer Args) => infer Said
    ? (...args: Args) => Said
    : { [Key in keyof T]: Widened<T[Key]> }

/** Everything the interface can say. English sets the shape; another language that lacks a word does not compile. */
export type Words = Widened<typeof en>
