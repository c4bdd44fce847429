//! Memory of the process while a package of two gigabytes goes through presigned parts.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use crate::folder;
use crate::process::{self, CpuMeter};
use crate::program::Platform;

/// What is uploaded.
#[derive(clap::Args)]
pub struct Options {
    /// Size in MiB before it is signed; `apksigner` takes no more than 2 GiB.
    #[arg(long, default_value_t = 2000)]
    megabytes: usize,
    /// The package that is padded to that size.
    #[arg(long, default_value = "subgraphs/apps/tests/fixtures/lantern-1.apk")]
    package: PathBuf,
}

const MEGABYTE: usize = 1024 * 1024;
/// Addresses asked for at once.
const PARTS_AT_ONCE: usize = 100;
/// How long reading the package may take.
const READING: Duration = Duration::from_mins(3);

/// Runs the benchmark.
pub async fn run(program: &Path, options: Options) -> anyhow::Result<()> {
    let folder = folder::temporary()?;
    let package = folder.path().join("large.apk");
    let (size, sha256) = write_package(&package, &options)?;
    let platform = Platform::start(program, &folder, 0, &[]).await?;
    let (client, pid) = (&platform.client, platform.program.pid);
    let before = process::memory(pid);
    let (cpu, began) = (CpuMeter::start(&[pid]), Instant::now());
    let start = "mutation($input: StartApplicationUploadInput!){startApplicationUpload(input:$input){\
                 upload{id partSizeBytes parts{number}} userErrors{message}}}";
    let input = json!({ "fileName": "large.apk", "sizeBytes": size, "sha256": sha256 });
    let answer = client.ask(start, json!({ "input": input })).await?;
    let upload = &answer["startApplicationUpload"]["upload"];
    let id = upload["id"].as_str().with_context(|| answer.to_string())?;
    let part_size = usize::try_from(upload["partSizeBytes"].as_u64().context("parts have a size")?)?;
    let numbers: Vec<usize> = (1..=size.div_ceil(part_size)).collect();
    let (http, mut file, mut most) = (reqwest::Client::new(), File::open(&package)?, before.resident_mb);
    for some in numbers.chunks(PARTS_AT_ONCE) {
        let presign = "mutation($input: PresignUploadPartsInput!){presignUploadParts(input:$input){\
                       urls{number url} userErrors{message}}}";
        let answer = client.ask(presign, json!({ "input": { "uploadId": id, "partNumbers": some } })).await?;
        for part in answer["presignUploadParts"]["urls"].as_array().with_context(|| answer.to_string())? {
            let number = usize::try_from(part["number"].as_u64().context("parts have a number")?)?;
            let first = (number - 1) * part_size;
            let mut body = vec![0; part_size.min(size - first)];
            file.seek(SeekFrom::Start(first as u64))?;
            file.read_exact(&mut body)?;
            let status = http.put(part["url"].as_str().unwrap_or_default()).body(body).send().await?.status();
            ensure!(status.is_success(), "part {number}: {status}");
            most = most.max(process::memory(pid).resident_mb);
        }
    }
    let sent_after = began.elapsed();
    let complete = "mutation($input: CompleteApplicationUploadInput!){completeApplicationUpload(input:$input){\
                    upload{id} userErrors{message}}}";
    client.ask(complete, json!({ "input": { "uploadId": id } })).await?;
    let end = loop {
        let look = "query($id: ID!){applicationUpload(id:$id){status failure{code message} application{packageName}}}";
        let answer = client.ask(look, json!({ "id": id })).await?["applicationUpload"].take();
        most = most.max(process::memory(pid).resident_mb);
        if matches!(answer["status"].as_str(), Some("READY" | "FAILED" | "CANCELLED")) {
            break answer;
        }
        ensure!(began.elapsed() < sent_after + READING, "the package is not read: {answer}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let (done_after, cpu, after) = (began.elapsed(), cpu.read(), process::memory(pid));
    println!(
        "| bytes | parts | sent after | verified and read after | MiB/s | RSS before | highest RSS seen | RSS after (peak) | CPU | outcome |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    println!(
        "| {size} | {} | {:.1} s | {:.1} s | {:.0} | {} MiB | {most} MiB | {} ({}) MiB | {:.1} s | {} |",
        numbers.len(),
        sent_after.as_secs_f64(),
        done_after.as_secs_f64(),
        f64::from(u32::try_from(options.megabytes)?) / sent_after.as_secs_f64(),
        before.resident_mb,
        after.resident_mb,
        after.peak_mb,
        cpu.own.as_secs_f64(),
        outcome(&end),
    );
    platform.program.stop().await?;
    ensure!(end["status"] == "READY", "the package was not accepted: {end}");
    Ok(())
}

fn outcome(end: &Value) -> String {
    let said = [&end["status"], &end["failure"]["code"], &end["application"]["packageName"]];
    said.iter().filter_map(|value| value.as_str()).collect::<Vec<_>>().join(" ")
}

/// A real package, padded with a stored file of noise and signed anew.
fn write_package(path: &Path, options: &Options) -> anyhow::Result<(usize, String)> {
    let small = File::open(&options.package).with_context(|| options.package.display().to_string())?;
    let mut source = ZipArchive::new(BufReader::new(small))?;
    let mut package = ZipWriter::new(File::create(path)?);
    for index in 0..source.len() {
        package.raw_copy_file(source.by_index_raw(index)?)?;
    }
    package.start_file("assets/noise", SimpleFileOptions::default().compression_method(CompressionMethod::Stored))?;
    // The rest of the size is the package that is padded.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 1..options.megabytes {
        let mut block = Vec::with_capacity(MEGABYTE);
        while block.len() < MEGABYTE {
            // Xorshift (Marsaglia 2003): nothing that compresses or repeats.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            block.extend(state.to_le_bytes());
        }
        package.write_all(&block)?;
    }
    package.finish()?.sync_all()?;
    sign(path)?;
    let (mut file, mut hash) = (BufReader::new(File::open(path)?), Sha256::new());
    std::io::copy(&mut file, &mut hash)?;
    Ok((usize::try_from(std::fs::metadata(path)?.len())?, hex::encode(hash.finalize())))
}

/// Signs with a key of its own. Needs Debian's package `apksigner`, which brings `keytool`.
fn sign(package: &Path) -> anyhow::Result<()> {
    let store = package.with_extension("p12");
    let mut make = Command::new("keytool");
    make.args(["-genkeypair", "-storetype", "PKCS12", "-storepass", "benchmark", "-alias", "benchmark"]);
    make.args(["-keyalg", "EC", "-groupname", "secp256r1", "-dname", "CN=Cloudphone benchmark", "-keystore"]);
    succeed(make.arg(&store))?;
    let mut sign = Command::new("apksigner");
    sign.args(["sign", "--ks-pass", "pass:benchmark", "--min-sdk-version", "24", "--v1-signing-enabled", "false"]);
    sign.args(["--v4-signing-enabled", "false"]);
    succeed(sign.arg("--ks").arg(&store).arg(package))
}

fn succeed(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output().with_context(|| format!("{command:?}"))?;
    ensure!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}
