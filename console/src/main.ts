import { createApp } from 'vue'
import './styles/tokens.css'
import './styles/base.css'
import './styles/controls.css'
import './styles/tables.css'
import './styles/series.css'
import AppShell from './app-shell.vue'
import { createPageRouter } from './router.ts'
import { takeTokenFromAddress } from './state/session.ts'

// Before the router reads the address.
takeTokenFromAddress()
createApp(AppShell).use(createPageRouter()).mount('#app')
