using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Media.Protocols.Srtp;

namespace Testing;

/// <summary>SRTP's primitives over System.Security.Cryptography: independent of those the engine uses.</summary>
public sealed class ManagedSrtpPrimitives : ISrtpPrimitives
{
    public IAesCtr CreateAesCtr(ReadOnlySpan<byte> key) => new AesCtr(key);

    public IHmacSha1 CreateHmacSha1(ReadOnlySpan<byte> key) => new HmacSha1(key);

    public IAesGcm CreateAesGcm(ReadOnlySpan<byte> key) => new Gcm(key);

    private sealed class AesCtr : IAesCtr
    {
        private readonly Aes _aes = Aes.Create();
        private readonly ICryptoTransform _encryptor; // kept: one-shot calls make a cipher each time
        private readonly byte[] _counter = new byte[16];
        private readonly byte[] _keystream = new byte[16];

        [SuppressMessage("Security", "CA5358", Justification = "Counter mode is built from single blocks.")]
        public AesCtr(ReadOnlySpan<byte> key)
        {
            _aes.Mode = CipherMode.ECB;
            _aes.Padding = PaddingMode.None;
            _aes.SetKey(key);
            _encryptor = _aes.CreateEncryptor();
        }

        public void Transform(ReadOnlySpan<byte> iv, Span<byte> data)
        {
            iv.CopyTo(_counter);
            for (var offset = 0; offset < data.Length; offset += 16)
            {
                _encryptor.TransformBlock(_counter, 0, 16, _keystream, 0);
                var block = data[offset..Math.Min(offset + 16, data.Length)];
                for (var i = 0; i < block.Length; i++)
                    block[i] ^= _keystream[i];
                BinaryPrimitives.WriteUInt128BigEndian(_counter, BinaryPrimitives.ReadUInt128BigEndian(_counter) + 1);
            }
        }

        public void Dispose()
        {
            _encryptor.Dispose();
            _aes.Dispose();
        }
    }

    private sealed class HmacSha1 : IHmacSha1
    {
        private readonly IncrementalHash _hash;

        [SuppressMessage("Security", "CA5350", Justification = "SRTP's profiles are defined with HMAC-SHA1.")]
        public HmacSha1(ReadOnlySpan<byte> key) => _hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA1, key);

        public void Compute(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> mac)
        {
            _hash.AppendData(first);
            _hash.AppendData(second);
            _hash.GetHashAndReset(mac);
        }

        public void Dispose() => _hash.Dispose();
    }

    private sealed class Gcm(ReadOnlySpan<byte> key) : IAesGcm
    {
        private readonly AesGcm _gcm = new(key, 16);

        public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, Span<byte> tag) =>
            _gcm.Encrypt(nonce, data, data, tag, associatedData);

        public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associatedData, Span<byte> data, ReadOnlySpan<byte> tag)
        {
            try
            {
                _gcm.Decrypt(nonce, data, tag, data, associatedData);
                return true;
            }
            catch (AuthenticationTagMismatchException)
            {
                return false;
            }
        }

        public void Dispose() => _gcm.Dispose();
    }
}
