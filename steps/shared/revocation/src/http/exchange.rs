//! One request and its answer on a connection.

use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::http1::Builder;
use hyper::header::{self, HeaderValue};
use hyper::{Method, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::target::Target;
use crate::{FetchError, Request};

/// Of an answer, together.
const MAX_HEADER_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;

pub(super) async fn exchange<S>(
    stream: S,
    target: &Target,
    request: Request<'_>,
) -> Result<Vec<u8>, FetchError>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sender, connection) = Builder::new()
        .max_headers(MAX_HEADERS)
        .max_header_size(MAX_HEADER_BYTES)
        .max_buf_size(MAX_HEADER_BYTES * 2)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    let message = message(target, request)?;
    let answer = async {
        let response = sender.send_request(message).await.map_err(broken)?;
        acceptable(response.status(), response.headers())?;
        body(response.into_body(), request.limit).await
    };
    // The connection does its work only while it is polled, and has none left when the answer is
    // there. Its own errors reach the answer, too.
    tokio::pin!(answer, connection);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        _ = &mut connection => answer.await,
    }
}

fn message(
    target: &Target,
    request: Request<'_>,
) -> Result<hyper::Request<Full<Bytes>>, FetchError> {
    let unusable = |_| FetchError::unusable("the URL does not fit a request");
    let host = HeaderValue::from_str(&target.authority())
        .map_err(|_| FetchError::unusable("the URL does not fit a request"))?;
    let builder = hyper::Request::builder()
        .uri(target.path_and_query())
        .header(header::HOST, host)
        .header(header::USER_AGENT, "key-ceremony")
        .header(header::ACCEPT_ENCODING, "identity")
        .header(header::CONNECTION, "close");
    match request.body {
        // RFC 6960 §A.1. GET would be for requests that a cache has answers to, and ours have
        // a nonce.
        Some(body) => builder
            .method(Method::POST)
            .header(header::CONTENT_TYPE, "application/ocsp-request")
            .header(header::ACCEPT, "application/ocsp-response")
            .body(Full::from(body.to_vec())),
        None => builder
            .method(Method::GET)
            .header(header::ACCEPT, "application/pkix-crl, */*")
            .body(Full::default()),
    }
    .map_err(unusable)
}

/// 200, and nothing between us and the bytes. The media type is not asked: many CAs serve a wrong
/// one, and what is in the body has to be signed.
fn acceptable(status: StatusCode, headers: &hyper::HeaderMap) -> Result<(), FetchError> {
    if status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS
        )
    {
        return Err(FetchError::unavailable(format!(
            "HTTP status {}",
            status.as_u16()
        )));
    }
    if status.is_redirection() {
        return Err(FetchError::unusable(format!(
            "HTTP status {}: redirects are not followed",
            status.as_u16()
        )));
    }
    if status != StatusCode::OK {
        return Err(FetchError::unusable(format!(
            "HTTP status {}",
            status.as_u16()
        )));
    }
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    if encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(FetchError::unusable(
            "the answer is encoded, although it was asked for as it is",
        ));
    }
    Ok(())
}

/// Stops reading with the first byte too much, or before the first if the header tells.
async fn body(mut body: Incoming, limit: usize) -> Result<Vec<u8>, FetchError> {
    let too_large = || FetchError::unusable(format!("the answer has more than {limit} bytes"));
    let announced = body.size_hint().lower();
    if usize::try_from(announced).is_ok_and(|announced| announced > limit) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        // Trailers say nothing.
        let Ok(data) = frame.map_err(broken)?.into_data() else {
            continue;
        };
        if data.len() > limit - bytes.len() {
            return Err(too_large());
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// What is no HTTP will be none the next time; all else is the network's.
fn broken(error: hyper::Error) -> FetchError {
    if error.is_parse() {
        FetchError::unusable("the answer is not HTTP")
    } else if error.is_incomplete_message() {
        FetchError::unavailable("the connection ended before the answer did")
    } else {
        FetchError::unavailable("the connection broke")
    }
}
