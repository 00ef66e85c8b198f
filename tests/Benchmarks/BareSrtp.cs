using System.Security.Cryptography;
using Media.Native.Crypto;
using Media.Native.Dtls;
using AesGcm = Media.Native.Crypto.AesGcm;

namespace Benchmarks;

/// <summary>The cryptographic calls of one SRTP direction and nothing else: no replay window, no rollover, no table of streams.</summary>
internal sealed class BareSrtp
{
    private const int HeaderSize = 12;
    private const int SequenceOffset = 2;

    private readonly AesCtr? _cipher;
    private readonly HmacSha1? _mac;
    private readonly AesGcm? _gcm;
    private readonly int _tagSize;

    public BareSrtp(DtlsSrtpProfile profile, byte seed)
    {
        _tagSize = profile switch
        {
            DtlsSrtpProfile.AeadAes128Gcm => AesGcm.TagSize,
            DtlsSrtpProfile.AesCm128HmacSha1Tag80 => 10,
            _ => 4,
        };
        var key = Enumerable.Repeat(seed, HmacSha1.MacSize).ToArray();
        if (profile == DtlsSrtpProfile.AeadAes128Gcm)
            _gcm = new AesGcm(key.AsSpan(0, AesGcm.KeySize));
        else
            (_cipher, _mac) = (new AesCtr(key.AsSpan(0, AesCtr.KeySize)), new HmacSha1(key));
    }

    /// <summary>Encrypts the packet at the start of <paramref name="buffer"/> and returns its new length.</summary>
    public int Protect(Span<byte> buffer, int length)
    {
        Span<byte> scratch = stackalloc byte[HmacSha1.MacSize];
        var body = buffer[HeaderSize..length];
        var tag = buffer.Slice(length, _tagSize);
        if (_gcm is not null)
        {
            _gcm.TrySeal(MakeIv(buffer, scratch)[..AesGcm.NonceSize], buffer[..HeaderSize], body, tag);
            return length + _tagSize;
        }
        _cipher!.TryTransform(MakeIv(buffer, scratch), body);
        ComputeMac(buffer[..length], scratch);
        scratch[.._tagSize].CopyTo(tag);
        return length + _tagSize;
    }

    /// <summary>Decrypts in place; false when the packet is not authentic.</summary>
    public bool TryUnprotect(Span<byte> packet, out int length)
    {
        Span<byte> scratch = stackalloc byte[HmacSha1.MacSize];
        length = packet.Length - _tagSize;
        if (length < HeaderSize)
            return false;
        var body = packet[HeaderSize..length];
        var tag = packet[length..];
        if (_gcm is not null)
            return _gcm.TryOpen(MakeIv(packet, scratch)[..AesGcm.NonceSize], packet[..HeaderSize], body, tag);
        ComputeMac(packet[..length], scratch);
        return CryptographicOperations.FixedTimeEquals(scratch[.._tagSize], tag)
            && _cipher!.TryTransform(MakeIv(packet, scratch), body);
    }

    private static Span<byte> MakeIv(ReadOnlySpan<byte> packet, Span<byte> scratch)
    {
        scratch.Clear();
        packet.Slice(SequenceOffset, 2).CopyTo(scratch[8..]);
        return scratch[..AesCtr.CounterSize];
    }

    private void ComputeMac(ReadOnlySpan<byte> packet, Span<byte> mac) => _mac!.Compute(packet, [0, 0, 0, 0], mac);
}
