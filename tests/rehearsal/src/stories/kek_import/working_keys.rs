//! Working keys come under the KEK that the partner has sent: in a file of many lines, of which wrong ones
//! stop none of the others, and then one by itself, which takes the place of another.

use anyhow::{Context, Result, ensure};
use partner::check_value;
use partner::tr31::{Draft, seal};
use partner::wrap::new_key;
use serde_json::{Value, json};

use super::sender::{Plan, Sender, text};
use super::{Scenario, Stage, agreeing, save};
use crate::actors::{Event, Watcher};
use crate::stack::KEY_CEREMONY;
use crate::stories::{States, follow_next};

pub(in crate::stories) const SCENARIO: Scenario = Scenario {
    name: "working-key-import",
    about: "a partner sends its KEK and then working keys under it, some of them wrong",
    stacks: &[KEY_CEREMONY],
    alone: false,
    prepare: || drop(agreeing("keys").build()),
    tell: |stage| Box::pin(tell(stage)),
};

/// What keys of the story are.
const ALGORITHM: &str = "AES_128";

async fn tell(stage: &Stage<'_>) -> Result<()> {
    let plan = Plan {
        name: SCENARIO.name,
        method: "ecdh",
        algorithm: "AES_256",
        chain: agreeing("keys"),
        terms: json!({ "deadlineHours": 24 }),
        profile: json!({
            "workingKeyImport": {
                "usages": ["M6", "P0"], "algorithms": [ALGORITHM], "kcv": "announced",
            },
        }),
        announces: true,
    };
    let sender = Sender::asks(stage, plan).await?;
    let offered = sender.is_offered(1).await?;
    let own = sender.pki.leaf.key();
    let block = offered
        .offer()
        .by_ecdh(own, &Draft::new("K0AB00N"), &sender.kek)?;
    sender.sends(&offered, block.as_bytes()).await?;
    sender.is_established(&offered, block.as_bytes()).await?;

    let keys = Keys { sender: &sender };
    let [pin, mac, other, wrong] = [Key::new()?, Key::new()?, Key::new()?, Key::new()?];
    let file = [
        keys.line("pin", &keys.sealed(&pin, "P0AB00N")?, &pin.kcv),
        keys.line("mac", &keys.sealed(&mac, "M6AC00N")?, &mac.kcv),
        keys.line("data", &keys.sealed(&other, "D0AB00N")?, &other.kcv),
        // Another key's check value.
        keys.line("wrong", &keys.sealed(&wrong, "P0AB00N")?, &pin.kcv),
    ];
    let (first, results, states) = keys
        .become_of("keys/may.jsonl", &file.join("\n"), &[])
        .await?;
    let results: Vec<_> = results.iter().map(|it| (text(&it["name"]), it)).collect();
    let of = |name: &str| {
        let mut all = results.iter();
        let found = all.find(|(it, _)| it == name).map(|(_, result)| *result);
        found.with_context(|| format!("a result of {name}"))
    };
    let step = stage.progress.step("What became of each");
    for (name, key) in [("pin", &pin), ("mac", &mac)] {
        keys.is_there(name, of(name)?, key).await?;
    }
    for (name, error) in [("data", "HeaderNotAllowed"), ("wrong", "KcvDiffers")] {
        let result = of(name)?;
        ensure!(result["error"] == error, "{name}: {result}");
        ensure!(keys.named(name).await?.is_none(), "{name} is named");
    }
    ensure!(keys.usable().await? == 2, "a wrong key has stayed");
    step.done("two are imported, the header of one is not allowed, one was announced otherwise");

    let newer = Key::new()?;
    let draft = Draft {
        optional_blocks: &[("KC", &format!("01{}", newer.kcv))],
        ..Draft::new("P0AB00N")
    };
    let block = keys.sealed_with(&newer, &draft)?;
    let (second, results, _) = keys.become_of("keys/pin.tr31", &block, &[&first]).await?;
    let [result] = &results[..] else {
        anyhow::bail!("one result: {results:?}");
    };
    keys.is_there("pin", result, &newer).await?;
    let before = of("pin")?["keyArn"].clone();
    ensure!(result["replacesKeyArn"] == before, "another one: {result}");
    ensure!(keys.usable().await? == 3, "the key from before has gone");

    let step = stage.progress.step("A key in the clear");
    let clear = hex::encode_upper(&pin.clear);
    let key = sender.folder.key("keys/clear.tr31");
    sender.partner().drops_at(&key, clear.as_str()).await?;
    let is_it = |event: &Event| event.names(&key);
    let told = sender.hears("Request Rejected", is_it).await?;
    ensure!(text(&told["reason"]).contains("in the clear"), "{told}");
    ensure!(!told.to_string().contains(&clear), "it is repeated");
    step.done(&text(&told["reason"]));

    let states: Vec<String> = states
        .iter()
        .map(|(state, took)| format!("{state} {} ms", took.as_millis()))
        .collect();
    stage.progress.line(&format!(
        "
  Ceremonies   {first}, {second}
  KEK          {}, KCV {}
  Keys         pin {} and then {}, mac {}
  States       {}",
        sender.alias(),
        sender.kcv,
        pin.kcv,
        newer.kcv,
        mac.kcv,
        states.join(", "),
    ));
    Ok(())
}

/// In the clear, as no partner ever has it.
struct Key {
    clear: Vec<u8>,
    kcv: String,
}

impl Key {
    fn new() -> Result<Self> {
        let clear = new_key(ALGORITHM).context("a known algorithm")?;
        let kcv = check_value(ALGORITHM, &clear)?;
        Ok(Self { clear, kcv })
    }
}

/// The partner that sends working keys.
struct Keys<'a> {
    sender: &'a Sender<'a>,
}

impl Keys<'_> {
    fn sealed(&self, key: &Key, says: &str) -> Result<String> {
        self.sealed_with(key, &Draft::new(says))
    }

    fn sealed_with(&self, key: &Key, draft: &Draft<'_>) -> Result<String> {
        let Sender { algorithm, kek, .. } = self.sender;
        seal(draft, algorithm, kek, &key.clear).context("the KEK protects blocks")
    }

    fn line(&self, name: &str, block: &str, kcv: &str) -> String {
        json!({ "name": name, "keyBlock": block, "kcv": kcv }).to_string()
    }

    /// Drops a file and follows its ceremony; returns which that was, and what the package says of each line.
    async fn become_of(
        &self,
        file: &str,
        contents: &str,
        known: &[&str],
    ) -> Result<(String, Vec<Value>, States)> {
        let Sender { stage, folder, .. } = self.sender;
        let step = stage.progress.step("The partner drops working keys");
        self.sender.partner().drops(file, contents).await?;
        step.done(&format!("{folder}/{file}"));
        let watcher = Watcher::new(stage.connection, "working-key-import")?;
        let (execution, states) = follow_next(&watcher, folder, known, stage.progress).await?;
        execution.must_have_succeeded()?;
        let ours = |event: &Event| event.detail["ceremonyId"] == execution.name;
        let told = self.sender.hears("Keys Imported", ours).await?;
        ensure!(told["file"] == folder.key(file), "another file: {told}");
        let files = self.sender.partner().fetches_at(&told["package"]).await?;
        save(
            &stage.directory.join(format!("results-{}", execution.name)),
            &files,
        )?;
        let results = files.get("results.jsonl").context("results.jsonl")?;
        let results = String::from_utf8_lossy(results);
        let lines = results.lines().map(serde_json::from_str);
        let lines: Vec<Value> = lines.collect::<Result<_, _>>().context("results.jsonl")?;
        let imported = lines.iter().filter(|it| it["result"] == "imported");
        ensure!(told["imported"] == imported.count(), "others: {told}");
        for secret in contents.lines().filter_map(|line| line.get(60..100)) {
            ensure!(!results.contains(secret), "a block in the results");
        }
        Ok((execution.name, lines, states))
    }

    /// The alias of the name has the partner's key, as the results say.
    async fn is_there(&self, name: &str, result: &Value, key: &Key) -> Result<()> {
        ensure!(result["result"] == "imported", "{name}: {result}");
        ensure!(result["kcv"] == key.kcv, "another value: {result}");
        let arn = self
            .named(name)
            .await?
            .with_context(|| format!("the alias of {name}"))?;
        ensure!(result["keyArn"] == arn, "{name} names {arn}: {result}");
        let management = self.sender.stage.connection.management()?;
        let holds = management.holds(&arn, &key.clear).await?;
        ensure!(holds, "{arn} is not the key of the partner");
        Ok(())
    }

    /// The key of the alias that consumers use.
    async fn named(&self, name: &str) -> Result<Option<String>> {
        let alias = format!(
            "alias/key-ceremony/keys/{}/received/{name}",
            self.sender.folder
        );
        self.sender.key_of(&alias).await
    }

    /// How many working keys of the partner can be used.
    async fn usable(&self) -> Result<usize> {
        let management = self.sender.stage.connection.management()?;
        let mut keys = management.keys_of(&self.sender.folder.partner).await?;
        keys.retain(|key| key["tags"]["key-ceremony:purpose"] == "working");
        keys.retain(|key| key["state"] == "CREATE_COMPLETE");
        Ok(keys.len())
    }
}
