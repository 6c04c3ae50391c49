import type { Section } from '../state/view.svelte'
import { sections } from '../state/view.svelte'
import { commands } from '../commands'
import { words } from '../words/words.svelte'

/** A setting that can be searched for: `label` is what it is called on its page, and how it is located there. */
export type Setting = { section: Section; label: string; hint: string }

function all(servers: readonly string[]): Setting[] {
  const {
    settings,
    data,
    exporting,
    importing,
    keptFolder,
    privacy,
    commands: named,
    servers: saidServers,
  } = words()
  const on = (section: Section, table: readonly (readonly [label: string, hint?: string])[]) =>
    table.map(([label, hint = '']): Setting => ({ section, label, hint }))
  return [
    ...on('models', [
      ...servers.map((name) => [name] as const),
      [saidServers.addTitle, settings.serversHint],
    ]),
    ...on('appearance', [
      [settings.theme],
      [settings.language, 'English 简体中文'],
      [settings.textSize, settings.textSizeHint],
      [settings.zoom],
    ]),
    ...on(
      'shortcuts',
      commands.map(({ id }) => [named[id]] as const),
    ),
    ...on('data', [
      [data.place, data.move],
      [data.backups, data.backupsHint],
      [exporting.several, exporting.hint],
      [importing.label, importing.hint],
      [keptFolder.label, keptFolder.hint],
      [data.check, data.checkHint],
      [data.rebuild, data.rebuildHint],
    ]),
    ...on('privacy', [
      [privacy.lock, privacy.lockHint],
      [privacy.where, privacy.whereHint],
      [privacy.titles, privacy.titlesHint],
    ]),
    ...on('about', [
      [settings.version],
      [settings.dataFolder],
      [settings.licence],
      [settings.diagnosis, settings.diagnosisHint],
    ]),
  ]
}

/** The settings with every word of a text in their names, their hints or the name of their page, by page. */
export function findSettings(text: string, servers: readonly string[]): Setting[] {
  const asked = text.toLocaleLowerCase().split(/\s+/)
  const has = ({ section, label, hint }: Setting) => {
    const said = `${label} ${hint} ${words().settings[section]}`.toLocaleLowerCase()
    return asked.every((word) => said.includes(word))
  }
  return all(servers)
    .filter(has)
    .sort((a, b) => sections.indexOf(a.section) - sections.indexOf(b.section))
}
