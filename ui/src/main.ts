import { mount } from 'svelte'
import App from './App.svelte'
import { connect } from './ipc/client'
import './styles/tokens.css'
import './styles/base.css'
import './styles/message.css'
import './styles/fonts.css'
import './styles/math.css'
import './styles/sidebar.css'

// A file dropped beside a field, or a stray link, must never replace the page.
for (const name of ['dragover', 'drop'] as const) {
  window.addEventListener(name, (event) => event.preventDefault())
}

const target = document.getElementById('app')
if (target === null) throw new Error('index.html has no #app')
const core = await connect()
target.replaceChildren()
mount(App, { target, props: { core } })
