import { nextTick, watch } from 'vue'
import {
  createRouter,
  createWebHistory,
  type RouteLocationNormalized,
  type RouteRecordRaw,
  type Router,
} from 'vue-router'
import BuildListPage from './pages/build-list-page.vue'
import BuildPage from './pages/build-page.vue'
import ComparePage from './pages/compare-page.vue'
import DatasetListPage from './pages/dataset-list-page.vue'
import DatasetPage from './pages/dataset-page.vue'
import JobAttempts from './pages/job-attempts.vue'
import JobConfig from './pages/job-config.vue'
import JobHistory from './pages/job-history.vue'
import JobListPage from './pages/job-list-page.vue'
import JobLogs from './pages/job-logs.vue'
import JobOverview from './pages/job-overview.vue'
import JobPage from './pages/job-page.vue'
import JobPreflight from './pages/job-preflight.vue'
import NewBuildPage from './pages/new-build-page.vue'
import NotFoundPage from './pages/not-found-page.vue'
import SignInPage from './pages/sign-in-page.vue'
import VersionDiff from './pages/version-diff.vue'
import VersionLineage from './pages/version-lineage.vue'
import VersionPage from './pages/version-page.vue'
import VersionReport from './pages/version-report.vue'
import VersionRows from './pages/version-rows.vue'
import { session } from './state/session.ts'

const pages: RouteRecordRaw[] = [
  { path: '/', redirect: '/jobs' },
  { path: '/sign-in', meta: { title: 'Sign in', open: true }, component: SignInPage },
  { path: '/datasets', meta: { title: 'Datasets' }, component: DatasetListPage },
  { path: '/datasets/:name', props: true, component: DatasetPage },
  {
    path: '/datasets/:name/:digest',
    props: true,
    component: VersionPage,
    children: [
      { path: '', name: 'report', component: VersionReport },
      { path: 'lineage', name: 'lineage', component: VersionLineage },
      { path: 'rows', name: 'rows', component: VersionRows },
      { path: 'diff', name: 'diff', component: VersionDiff },
    ],
  },
  { path: '/builds', meta: { title: 'Builds' }, component: BuildListPage },
  { path: '/builds/new', meta: { title: 'New build' }, component: NewBuildPage },
  { path: '/builds/:id', props: true, component: BuildPage },
  { path: '/jobs', meta: { title: 'Jobs' }, component: JobListPage },
  { path: '/compare', meta: { title: 'Compare' }, component: ComparePage },
  {
    path: '/jobs/:id',
    props: true,
    component: JobPage,
    children: [
      { path: '', name: 'overview', component: JobOverview },
      { path: 'preflight', name: 'preflight', component: JobPreflight },
      { path: 'attempts', name: 'attempts', component: JobAttempts },
      { path: 'logs', name: 'logs', component: JobLogs },
      { path: 'config', name: 'config', component: JobConfig },
      { path: 'history', name: 'history', component: JobHistory },
    ],
  },
  { path: '/:rest(.*)*', meta: { title: 'Not found' }, component: NotFoundPage },
]

/** The pages and their addresses. Without a token every address leads to the sign-in, and from there back. */
export function createPageRouter(): Router {
  const router = createRouter({
    history: createWebHistory(),
    routes: pages,
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
  })
  router.beforeEach((to) => (to.meta.open || session.token ? true : signInFrom(to)))
  router.afterEach((to, from, failure) => {
    if (!failure) void announce(to, from)
  })
  watch(
    () => session.token,
    (token) => {
      const { value } = router.currentRoute
      if (token === '' && !value.meta.open) void router.push(signInFrom(value))
    },
  )
  return router
}

function signInFrom(page: RouteLocationNormalized) {
  return { path: '/sign-in', query: { next: page.fullPath } }
}

async function announce(to: RouteLocationNormalized, from: RouteLocationNormalized): Promise<void> {
  const subject = to.params.name ?? to.params.id
  document.title = [to.meta.title ?? subject, 'Sluice'].filter(Boolean).join(' - ')
  await nextTick()
  // A keyboard or a screen reader starts at the new page, not at the link that led here.
  const isNewPage = from.matched.length > 0 && to.matched[0] !== from.matched[0]
  if (isNewPage && !to.meta.open) document.getElementById('main')?.focus({ preventScroll: true })
}
