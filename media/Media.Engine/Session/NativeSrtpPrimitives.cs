using Media.Protocols.Srtp;
using Native = Media.Native.Crypto;

namespace Media.Engine.Session;

/// <summary>SRTP's cryptography from OpenSSL.</summary>
public sealed class NativeSrtpPrimitives : ISrtpPrimitives
{
    public static readonly NativeSrtpPrimitives Instance = new();

    private NativeSrtpPrimitives()
    {
    }

    public IAesCtr CreateAesCtr(ReadOnlySpan<byte> key) => new AesCtr(key);

    public IHmacSha1 CreateHmacSha1(ReadOnlySpan<byte> key) => new HmacSha1(key);

    public IAesGcm CreateAesGcm(ReadOnlySpan<byte> key) => new AesGcm(key);

    private static void Require(bool done)
    {
        if (!done)
            throw new Media.Native.NativeException("OpenSSL refused to encrypt a packet."); // ends this call, not the loop
    }

    private sealed class AesCtr(ReadOnlySpan<byte> key) : IAesCtr
    {
        private readonly Native::AesCtr _cipher = new(key);

        public void Transform(ReadOnlySpan<byte> iv, Span<byte> data) => Require(_cipher.TryTransform(iv, data));

        public void Dispose() => _cipher.Dispose();
    }

    private sealed class HmacSha1(ReadOnlySpan<byte> key) : IHmacSha1
    {
        private readonly Native::HmacSha1 _hash = new(key);

        public void Compute(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> mac) => _hash.Compute(first, second, mac);

        public void Dispose()
        {
        }
    }

    private sealed class AesGcm(ReadOnlySpan<byte> key) : IAesGcm
    {
        private readonly Native::AesGcm _cipher = new(key);

        public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, Span<byte> tag) =>
            Require(_cipher.TrySeal(nonce, associatedData, data, tag));

        public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, ReadOnlySpan<byte> tag) =>
            _cipher.TryOpen(nonce, associatedData, data, tag);

        public void Dispose() => _cipher.Dispose();
    }
}
