//! A working key on its way, under the KEK that both companies have.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use super::company::Company;
use super::text;
use crate::actors::{Folder, Requester};

/// Is made by one company and sent to the other; returns its check value, which is that of both.
pub(super) async fn goes(
    (from, to): (&Company<'_>, &Company<'_>),
    folder: &Folder,
    kek: &str,
    name: &str,
    usage: &str,
    modes: &str,
) -> Result<String> {
    let progress = from.stage.progress;
    let step = progress.step(&format!("A key for {name} is ordered in {}", from.region()));
    let key = json!({ "name": name, "usage": usage, "algorithm": "AES_128", "modes": modes });
    let order = json!({ "version": 1, "kek": kek, "keys": [key] });
    let requester = Requester::new(from.stage.connection, folder);
    requester.orders(name, &order).await?;
    step.done(&format!("{folder}/orders/{name}.json"));
    let id = from.performs("working-key-export", folder).await?;
    let package = from.partner(folder).fetches(&id).await?;
    from.has_signed(&package, &format!("{}-{name}", folder.partner))?;
    let sent = text(&package, "manifest.json", "/keys/0/keyArn")?;
    let kcv = text(&package, "manifest.json", "/keys/0/kcv")?;

    let file = format!("{name}.tr31");
    let step = progress.step(&format!("Its block is dropped in {}", to.region()));
    let block = package.get(&file).with_context(|| file.clone())?;
    let partner = to.partner(folder);
    partner
        .drops(&format!("keys/{file}"), block.as_slice())
        .await?;
    step.done(&file);
    let id = to.performs("working-key-import", folder).await?;
    let results = partner.fetches(&id).await?;
    to.has_signed(&results, &format!("{}-{name}-results", folder.partner))?;
    let results = results.get("results.jsonl").context("results.jsonl")?;
    let result: Value = serde_json::from_slice(results).context("one line of results")?;
    ensure!(result["result"] == "imported", "{result}");
    ensure!(result["kcv"] == kcv, "{kcv} was sent: {result}");
    let received = result["keyArn"].as_str().context("a key")?;
    ensure!(received.contains(to.region()), "{received}");
    let clear = from.management()?.clear_key(&sent).await?;
    let holds = to.management()?.holds(received, &clear).await?;
    ensure!(holds, "{received} is not the key that was sent");
    Ok(kcv)
}
