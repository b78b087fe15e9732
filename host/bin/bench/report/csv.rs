//! A line for each row, for spreadsheets.

use anyhow::Result;

use crate::record::Record;

const COLUMNS: [&str; 25] = [
    "suite",
    "case",
    "contender",
    "status",
    "reason",
    "samples",
    "runs_per_sample",
    "median_s",
    "low_s",
    "high_s",
    "spread",
    "device_median_s",
    "p50_s",
    "p90_s",
    "p99_s",
    "particle_steps",
    "particle_steps_per_s",
    "episodes",
    "ratio",
    "limit_particle_steps_per_s",
    "limit_share",
    "memory_bytes",
    "others",
    "digest",
    "doubts",
];

/// All rows; what is not known is empty.
pub fn csv(record: &Record) -> Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(COLUMNS)?;
    for row in &record.rows {
        let (host, latency, limit) = (row.host.as_ref(), row.latency.as_ref(), row.limit.as_ref());
        let cells: [String; COLUMNS.len()] = [
            row.suite.name().into(),
            row.case.clone(),
            row.name.clone(),
            format!("{:?}", row.status).to_lowercase(),
            row.reason.clone().unwrap_or_default(),
            known(host.map(|figure| figure.samples_s.len())),
            known(host.map(|figure| figure.runs_per_sample)),
            known(host.map(|figure| figure.median_s)),
            known(host.map(|figure| figure.low_s)),
            known(host.map(|figure| figure.high_s)),
            known(host.map(|figure| figure.spread)),
            known(row.device.as_ref().map(|figure| figure.median_s)),
            known(latency.map(|latency| latency.p50_s)),
            known(latency.map(|latency| latency.p90_s)),
            known(latency.map(|latency| latency.p99_s)),
            known(row.particle_steps),
            known(row.particle_steps_per_s()),
            known(row.episodes),
            known(row.ratio),
            known(limit.map(|limit| limit.particle_steps_per_s)),
            known(limit.map(|limit| limit.share)),
            known(row.memory_bytes),
            known(row.others),
            known(row.digest),
            row.doubts.iter().map(|doubt| doubt.name()).collect::<Vec<_>>().join(" "),
        ];
        writer.write_record(cells)?;
    }
    Ok(writer.into_inner()?)
}

fn known(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
