//! Sockets: HTTP/1.1 with or without TLS, one handler per port.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::config::Tls;
use crate::controls::Controls;
use crate::management;
use crate::service::{self, Dropped, Service};

/// Answers clients until the future is dropped, which also ends every connection.
pub(crate) async fn serve_clients(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    service: Arc<Service>,
) -> Infallible {
    serve(listener, tls, move |request| {
        answer_client(Arc::clone(&service), request)
    })
    .await
}

/// Answers tests until the future is dropped.
pub(crate) async fn serve_management(listener: TcpListener, controls: Controls) -> Infallible {
    serve(listener, None, move |request| {
        answer_management(controls.clone(), request)
    })
    .await
}

/// Reads the certificate and key for HTTPS.
pub(crate) fn tls_acceptor(tls: &Tls) -> Result<TlsAcceptor, TlsError> {
    let unreadable = |path: &std::path::Path, error: &dyn std::fmt::Display| {
        TlsError::Unreadable(path.display().to_string(), error.to_string())
    };
    let certificates = CertificateDer::pem_file_iter(&tls.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(&tls.certificate, &error))?;
    let key =
        PrivateKeyDer::from_pem_file(&tls.key).map_err(|error| unreadable(&tls.key, &error))?;
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(certificates, key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Why HTTPS cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("certificate and key do not serve: {0}")]
    Unfit(#[from] rustls::Error),
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, String),
}

async fn serve<H, F>(listener: TcpListener, tls: Option<TlsAcceptor>, handler: H) -> Infallible
where
    H: Fn(Request<Incoming>) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Response<Full<Bytes>>, Dropped>> + Send + 'static,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, tls.clone(), handler.clone()));
                }
                // Out of file descriptors, most likely: give connections time to end.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// A connection that breaks is its client's loss; there is nobody to tell.
async fn serve_connection<H, F>(stream: TcpStream, tls: Option<TlsAcceptor>, handler: H)
where
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Result<Response<Full<Bytes>>, Dropped>>,
{
    let _ = stream.set_nodelay(true);
    match tls {
        None => serve_stream(stream, handler).await,
        Some(tls) => {
            let handshake = tokio::time::timeout(TIMEOUT, tls.accept(stream)).await;
            if let Ok(Ok(stream)) = handshake {
                serve_stream(stream, handler).await;
            }
        }
    }
}

async fn serve_stream<S, H, F>(stream: S, handler: H)
where
    S: AsyncRead + AsyncWrite + Unpin,
    H: Fn(Request<Incoming>) -> F,
    F: Future<Output = Result<Response<Full<Bytes>>, Dropped>>,
{
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service_fn(handler))
        .await;
}

async fn answer_client(
    service: Arc<Service>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    if request.method() != Method::POST || request.uri().path() != "/" {
        let body = json!({
            "__type": "UnknownOperationException",
            "Message": "apc-emulator, a test double: operations are POST / with X-Amz-Target",
        });
        return Ok(response(StatusCode::NOT_FOUND, Some(&body)));
    }
    let header = |name: &str| {
        let value = request.headers().get(name)?;
        Some(value.to_str().unwrap_or("unreadable").to_owned())
    };
    let (target, authorization) = (header("x-amz-target"), header("authorization"));
    let body = match read_body(request).await {
        Ok(body) => body,
        Err(refused) => return Ok(refused),
    };

    let answer = service
        .serve(service::Request {
            authorization,
            body,
            target,
        })
        .await?;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = response(status, Some(&answer.body));
    let content_type = HeaderValue::from_static("application/x-amz-json-1.0");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    if let Ok(request_id) = HeaderValue::from_str(&answer.request_id) {
        response.headers_mut().insert(REQUEST_ID, request_id);
    }
    Ok(response)
}

async fn answer_management(
    controls: Controls,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let body = match read_body(request).await {
        Ok(body) => body,
        Err(refused) => return Ok(refused),
    };
    let (status, body) = management::serve(&controls, &method, uri.path(), uri.query(), &body);
    Ok(response(status, body.as_ref()))
}

/// The body, or the answer to one that is too large or never comes.
async fn read_body(request: Request<Incoming>) -> Result<Bytes, Response<Full<Bytes>>> {
    match Limited::new(request.into_body(), BODY_LIMIT)
        .collect()
        .await
    {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) => {
            let (status, name) = match error.downcast_ref::<LengthLimitError>() {
                Some(_) => (
                    StatusCode::PAYLOAD_TOO_LARGE,
                    "RequestEntityTooLargeException",
                ),
                None => (StatusCode::BAD_REQUEST, "SerializationException"),
            };
            let body = json!({ "__type": name, "Message": error.to_string() });
            Err(response(status, Some(&body)))
        }
    }
}

fn response(status: StatusCode, body: Option<&Value>) -> Response<Full<Bytes>> {
    let text = body.map(Value::to_string).unwrap_or_default();
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// Binds a port; the address is part of the error because the caller has several.
pub(crate) async fn bind(address: std::net::SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address)
        .await
        .map_err(|error| BindError { address, error })
}

/// A port cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {error}")]
pub struct BindError {
    address: std::net::SocketAddr,
    error: io::Error,
}

/// The largest body that is read. The largest legal request is far smaller.
const BODY_LIMIT: usize = 1 << 20;
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const TIMEOUT: Duration = Duration::from_secs(10);
