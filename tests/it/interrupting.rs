//! Copies and checks of a whole history, when nobody waits for them any more.

use std::fs;
use std::future::Future;
use std::path::Path;

use porthole_core::App;
use porthole_core::domain::Failure;
use porthole_tests::harness::Home;
use tokio::task::JoinHandle;

/// A history that is copied in no time and whose check takes minutes: it works out again what stands in an index.
fn slow_to_check() -> (Home, App) {
    let home = Home::new();
    let app = home.open().unwrap();
    let file = rusqlite::Connection::open(home.path().join("porthole.db")).unwrap();
    file.execute_batch(
        "CREATE TABLE slow (a INTEGER);
         WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 50000)
         INSERT INTO slow SELECT n FROM n;
         CREATE INDEX slowly ON slow (min(a, a));
         PRAGMA writable_schema = on;
         UPDATE sqlite_schema SET sql = 'CREATE INDEX slowly ON slow (min(a, length(hex(zeroblob(1000000 + a)))))'
         WHERE name = 'slowly'",
    )
    .unwrap();
    drop(file);
    // Whoever read the schema before knows another index.
    drop(app);
    let app = home.open().unwrap();
    (home, app)
}

fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Begins `work`, and waits until a file in `folder` is as large as the history: its check is about to begin.
async fn begin(
    home: &Home,
    folder: &Path,
    work: impl Future<Output = Result<(), Failure>> + Send + 'static,
) -> JoinHandle<Result<(), Failure>> {
    let source = rusqlite::Connection::open(home.path().join("porthole.db")).unwrap();
    let pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
    let bytes: i64 = source.query_row(pages, [], |row| row.get(0)).unwrap();
    let is_whole = |name: &String| {
        let copy = !name.ends_with("-journal") && (name.contains(".part") || name == "porthole.db");
        copy && fs::metadata(folder.join(name)).is_ok_and(|file| i64::try_from(file.len()).unwrap() >= bytes)
    };
    let working = tokio::spawn(work);
    while !names_in(folder).iter().any(is_whole) {
        assert!(!working.is_finished(), "{:?}", working.await);
        tokio::task::yield_now().await;
    }
    working
}

/// Waits until no unfinished back-up is there, and returns the names of those that are.
async fn whole_back_ups(home: &Home) -> Vec<String> {
    let backups = home.path().join("backups");
    while names_in(&backups).iter().any(|name| name.contains(".part")) {
        tokio::task::yield_now().await;
    }
    names_in(&backups)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_up_is_given_up_while_it_is_checked_and_leaves_nothing() {
    let (home, app) = slow_to_check();
    let backups = home.path().join("backups");
    let (asked, daily) = (app.clone(), app.clone());
    begin(&home, &backups, async move { asked.back_up().await.map(drop) }).await.abort();
    assert_eq!(whole_back_ups(&home).await, Vec::<String>::new());
    begin(&home, &backups, async move { daily.keep_up_once().await }).await.abort();
    assert_eq!(whole_back_ups(&home).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_is_given_up_while_the_copy_is_checked_and_all_is_as_it_was() {
    let ((home, app), beside) = (slow_to_check(), Home::new());
    let before = names_in(home.path());
    let to = beside.path().join("new");
    let (moving, place) = (app.clone(), to.to_str().unwrap().to_owned());
    let copy = to.join("unfinished-move");
    begin(&home, &copy, async move { moving.move_data(&place).await }).await.abort();
    while to.exists() && !home.path().join("moved.json").exists() {
        tokio::task::yield_now().await;
    }
    assert_eq!(names_in(home.path()), before, "no pointer leads to where nothing is");
    app.set_titles(false).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_up_is_put_back_or_not_at_all() {
    let home = Home::new();
    let made = home.open().unwrap().back_up().await.unwrap();
    let (slow, app) = slow_to_check();
    let backups = slow.path().join("backups");
    fs::create_dir_all(&backups).unwrap();
    fs::copy(home.path().join("backups").join(&made.name), backups.join(&made.name)).unwrap();
    let folder = app.make_folder("still here", None).await.unwrap();
    let (restoring, name) = (app.clone(), made.name.clone());
    begin(&slow, &backups, async move { restoring.restore_backup(&name).await }).await.abort();
    assert_eq!(whole_back_ups(&slow).await, [made.name]);
    assert!(app.folders().await.unwrap().iter().any(|kept| kept.id == folder.id));
}

#[test]
fn a_program_that_ends_waits_for_no_check() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (home, app) = runtime.block_on(async { slow_to_check() });
    let backups = home.path().join("backups");
    let work = async move { app.back_up().await.map(drop) };
    runtime.block_on(async { drop(begin(&home, &backups, work).await) });
    drop(runtime);
    assert_eq!(names_in(&backups), Vec::<String>::new());
}
