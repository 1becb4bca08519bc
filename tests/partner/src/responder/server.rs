//! HTTP/1.1 on loopback: a thread of its own, which ends with the value that stands for it.

use std::convert::Infallible;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper::body::{Body, Bytes, Frame, Incoming, SizeHint};
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderValue, LOCATION};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::behaviour::Wire;
use super::book::Book;
use super::directory::DirectoryError;
use super::{crl, directory, ocsp};

/// Where the services look up what to answer.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Memory(Arc<Mutex<Book>>),
    Directory(PathBuf),
}

/// What is to be answered.
#[derive(Debug)]
pub(crate) enum Reply {
    Document {
        content_type: &'static str,
        body: Vec<u8>,
    },
    NotFound,
    Wire(Wire),
}

/// A listening server; it stops, with all its connections, when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    port: u16,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(listen: SocketAddr, source: Source) -> io::Result<Self> {
        let listener = TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let listener = {
            let _context = runtime.enter();
            tokio::net::TcpListener::from_std(listener)?
        };
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("revocation-services".into())
            .spawn(move || {
                runtime.block_on(async {
                    tokio::select! {
                        _ = serve(listener, source) => {}
                        _ = stopped => {}
                    }
                });
            })?;
        Ok(Self {
            port,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Either fails only if the thread has ended already.
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

async fn serve(listener: tokio::net::TcpListener, source: Source) -> Infallible {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let source = source.clone();
                    connections.spawn(async move {
                        let handler = service_fn(|request| answer(source.clone(), request));
                        // A connection that breaks is its client's loss.
                        let _ = http1::Builder::new()
                            .serve_connection(TokioIo::new(stream), handler)
                            .await;
                    });
                }
                // Out of file descriptors, most likely: give connections time to end.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed without an answer")]
struct Closed;

async fn answer(source: Source, request: Request<Incoming>) -> Result<Response<Content>, Closed> {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let url = format!("http://{}{path}", host.unwrap_or("localhost"));
    let Ok(body) = Limited::new(request.into_body(), REQUEST_LIMIT)
        .collect()
        .await
    else {
        return Ok(page(
            StatusCode::PAYLOAD_TOO_LARGE,
            "the request is too large",
        ));
    };
    let body = body.to_bytes();
    let list = path
        .strip_prefix("/crl/")
        .and_then(|file| file.strip_suffix(".crl"));
    let reply = source.with_book(|book| match (&method, list) {
        (&Method::POST, None) if path == "/ocsp" => ocsp::answer(book, &body),
        (&Method::GET, Some(id)) => crl::answer(book, id, &url),
        _ => Reply::NotFound,
    });
    match reply {
        Ok(Reply::Document { content_type, body }) => {
            let mut response = Response::new(Content::whole(body));
            let content_type = HeaderValue::from_static(content_type);
            response.headers_mut().insert(CONTENT_TYPE, content_type);
            Ok(response)
        }
        Ok(Reply::NotFound) => Ok(page(StatusCode::NOT_FOUND, "there is nothing here")),
        Ok(Reply::Wire(wire)) => fail(wire).await,
        Err(error) => {
            eprintln!("{error}");
            let text = error.to_string();
            Ok(page(StatusCode::INTERNAL_SERVER_ERROR, &text))
        }
    }
}

impl Source {
    fn with_book<T>(&self, answer: impl FnOnce(&mut Book) -> T) -> Result<T, DirectoryError> {
        match self {
            Self::Memory(book) => {
                let mut book = book.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(answer(&mut book))
            }
            Self::Directory(directory) => Ok(answer(&mut directory::read(directory)?)),
        }
    }
}

/// Does what is wrong.
async fn fail(wire: Wire) -> Result<Response<Content>, Closed> {
    match wire {
        Wire::Closes => Err(Closed),
        Wire::Silent(time) => {
            tokio::time::sleep(time).await;
            Err(Closed)
        }
        Wire::Drips(interval) => {
            let (sender, content) = Content::streamed();
            tokio::spawn(async move {
                let end = tokio::time::Instant::now() + DRIPPING;
                while tokio::time::Instant::now() < end
                    && sender.send(Bytes::from_static(b"0")).await.is_ok()
                {
                    tokio::time::sleep(interval).await;
                }
            });
            Ok(Response::new(content))
        }
        Wire::Endless => Ok(Response::new(zeros(u64::MAX))),
        Wire::Huge(length) => {
            let mut response = Response::new(zeros(length));
            response.headers_mut().insert(CONTENT_LENGTH, length.into());
            Ok(response)
        }
        Wire::Redirects(location) => {
            let mut response = page(StatusCode::FOUND, "look elsewhere");
            let location = HeaderValue::from_str(&location).map_err(|_| Closed)?;
            response.headers_mut().insert(LOCATION, location);
            Ok(response)
        }
        Wire::Status(status) => {
            let status = StatusCode::from_u16(status).map_err(|_| Closed)?;
            Ok(page(status, "this service does not serve"))
        }
    }
}

/// So many zeros, or as many as somebody reads.
fn zeros(length: u64) -> Content {
    static ZEROS: [u8; 1 << 14] = [0; 1 << 14];
    let (sender, content) = Content::streamed();
    tokio::spawn(async move {
        let mut left = length;
        while left > 0 {
            let chunk = usize::try_from(left).map_or(ZEROS.len(), |left| left.min(ZEROS.len()));
            if sender
                .send(Bytes::from_static(&ZEROS[..chunk]))
                .await
                .is_err()
            {
                break;
            }
            left -= chunk as u64;
        }
    });
    content
}

fn page(status: StatusCode, text: &str) -> Response<Content> {
    let mut response = Response::new(Content::whole(format!("{text}\n").into_bytes()));
    *response.status_mut() = status;
    let content_type = HeaderValue::from_static("text/plain");
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// The body of an answer.
#[derive(Debug)]
enum Content {
    Whole(Option<Bytes>),
    Streamed(mpsc::Receiver<Bytes>),
}

impl Content {
    fn whole(bytes: Vec<u8>) -> Self {
        Self::Whole(Some(bytes.into()))
    }

    /// What is sent here is sent to the client, no faster than it reads.
    fn streamed() -> (mpsc::Sender<Bytes>, Self) {
        let (sender, receiver) = mpsc::channel(1);
        (sender, Self::Streamed(receiver))
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let bytes = match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take()),
            Self::Streamed(receiver) => receiver.poll_recv(context),
        };
        bytes.map(|bytes| bytes.map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Streamed(_) => SizeHint::default(),
        }
    }
}

/// The largest request that is read; the largest legal one is far smaller.
const REQUEST_LIMIT: usize = 1 << 16;
const DRIPPING: Duration = Duration::from_secs(15 * 60);
