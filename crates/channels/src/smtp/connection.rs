//! The way to an SMTP server.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use keywheel_mail::ports::Delivery;
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::refusal::before_the_mail;
use super::{SmtpServer, SmtpTls};
use crate::causes::chain;
use crate::repeat::Try;

/// How long a connection may take until there is one, before the server says anything.
const CONNECT: Duration = Duration::from_secs(10);

/// A connection that has TLS, and no login yet.
pub(super) async fn open(server: &SmtpServer, hello: &ClientId) -> Result<AsyncSmtpConnection, Try> {
    let refused = |error| before_the_mail(server, &error);
    let parameters = TlsParameters::new(server.host.clone()).map_err(refused)?;
    let place = (server.host.as_str(), server.port);
    match server.tls {
        SmtpTls::Implicit => {
            let opened = AsyncSmtpConnection::connect_tokio1(place, Some(CONNECT), hello, Some(parameters), None);
            opened.await.map_err(refused)
        }
        SmtpTls::StartTls => {
            let connected = tokio::time::timeout(CONNECT, TcpStream::connect(place)).await;
            let stream = connected.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(|error| {
                Try::Over(Delivery::Deferred { why: format!("{server}: connection error: {}", chain(&error)) })
            })?;
            let opened = AsyncSmtpConnection::connect_with_transport(Box::new(ByteByByte(stream)), hello);
            let mut connection = opened.await.map_err(refused)?;
            connection.starttls(parameters, hello).await.map_err(refused)?;
            Ok(connection)
        }
    }
}

/// Gives a byte at a time, so that nothing that came before TLS is left in a buffer and taken for an answer after it (RFC 3207,
/// section 6, has a client discard it; lettre keeps it). What somebody put behind the answer to STARTTLS thus meets the handshake, which
/// ends the connection.
#[derive(Debug)]
struct ByteByByte(TcpStream);

impl AsyncRead for ByteByByte {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let mut byte = [0];
        let mut one = ReadBuf::new(&mut byte);
        ready!(Pin::new(&mut self.0).poll_read(context, &mut one))?;
        buffer.put_slice(one.filled());
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ByteByByte {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

impl AsyncTokioStream for ByteByByte {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.peer_addr()
    }
}
