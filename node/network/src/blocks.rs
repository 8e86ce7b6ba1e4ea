//! This exists to put a request and its response on a stream: a length of four bytes, big-endian, and
//! then so many bytes. Memory grows with what arrives, never with what is announced.

use crate::seam::{REQUEST_BYTES_MAX, RESPONSE_BYTES_MAX};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use libp2p::StreamProtocol;
use libp2p::request_response;
use std::io;

/// The codec of the block protocol.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Framed;

#[async_trait]
impl request_response::Codec for Framed {
    type Protocol = StreamProtocol;
    type Request = Bytes;
    type Response = Bytes;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Bytes>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, REQUEST_BYTES_MAX).await
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Bytes>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io, RESPONSE_BYTES_MAX).await
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Bytes,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write(io, &bytes, REQUEST_BYTES_MAX).await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        bytes: Bytes,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        write(io, &bytes, RESPONSE_BYTES_MAX).await
    }
}

fn checked(length: usize, most: usize) -> io::Result<u32> {
    let number = u32::try_from(length).ok().filter(|_| length <= most);
    number.ok_or_else(|| {
        let what = format!("{length} bytes are more than {most}");
        io::Error::new(io::ErrorKind::InvalidData, what)
    })
}

async fn read(io: &mut (impl AsyncRead + Unpin + Send), most: usize) -> io::Result<Bytes> {
    let mut length = [0; 4];
    io.read_exact(&mut length).await?;
    let length = u32::from_be_bytes(length);
    checked(usize::try_from(length).unwrap_or(usize::MAX), most)?;
    let mut bytes = Vec::new();
    let read = io.take(u64::from(length)).read_to_end(&mut bytes).await?;
    if read == usize::try_from(length).unwrap_or(usize::MAX) {
        Ok(bytes.into())
    } else {
        Err(io::ErrorKind::UnexpectedEof.into())
    }
}

async fn write(
    io: &mut (impl AsyncWrite + Unpin + Send),
    bytes: &[u8],
    most: usize,
) -> io::Result<()> {
    let length = checked(bytes.len(), most)?;
    io.write_all(&length.to_be_bytes()).await?;
    io.write_all(bytes).await?;
    io.flush().await
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use futures::io::Cursor;

    fn framed(bytes: &[u8], most: usize) -> io::Result<Vec<u8>> {
        let mut out = Cursor::new(Vec::new());
        block_on(write(&mut out, bytes, most)).map(|()| out.into_inner())
    }

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 255, 256, 100_000] {
            let bytes: Vec<u8> = (0..=250).cycle().take(length).collect();
            let frame = framed(&bytes, length).expect("it fits");
            assert_eq!(block_on(read(&mut Cursor::new(&frame), length)).expect("it fits"), bytes);
            assert!(framed(&bytes, length.saturating_sub(1)).is_err() || length == 0);
            for cut in [0, 3, frame.len() - 1] {
                let broken = block_on(read(&mut Cursor::new(&frame[..cut]), length));
                assert!(broken.is_err() || cut == frame.len(), "cut to {cut}");
            }
        }
    }

    /// Hands out what it is given, and refuses a reader that has more room than a step needs.
    struct Stingy<'a>(&'a [u8]);

    impl AsyncRead for Stingy<'_> {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            room: &mut [u8],
        ) -> std::task::Poll<io::Result<usize>> {
            assert!(room.len() <= 1 << 20, "{} bytes of room for an announcement", room.len());
            let (now, later) = self.0.split_at(room.len().min(self.0.len()));
            room[..now.len()].copy_from_slice(now);
            self.0 = later;
            std::task::Poll::Ready(Ok(now.len()))
        }
    }

    #[test]
    fn an_announcement_takes_no_memory() {
        for announced in [10 << 20, (10 << 20) + 1, 1 << 30, u32::MAX] {
            let mut frame = announced.to_be_bytes().to_vec();
            frame.extend([0; 10]);
            assert!(block_on(read(&mut Stingy(&frame), RESPONSE_BYTES_MAX)).is_err());
        }
    }
}
