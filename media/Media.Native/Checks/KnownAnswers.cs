using Media.Native.Crypto;
using Media.Native.Dtls;
using Media.Native.Opus;

namespace Media.Native.Checks;

/// <summary>A known-answer test for each primitive; a library that fails one must not carry a call.</summary>
internal static class KnownAnswers
{
    /// <summary>Null when libopus carries a tone, else a sentence.</summary>
    internal static string? CheckOpus() =>
        OpusCarriesTone() ? null : "A tone does not survive Opus encoding and decoding; the libopus library is broken.";

    /// <summary>Null when all of OpenSSL's answers agree, else a sentence that names the first that does not.</summary>
    /// <param name="time">The clock that dates a certificate.</param>
    internal static string? CheckOpenSsl(TimeProvider time)
    {
        if (!AesCtrAgrees())
            return "AES-128-CTR gives a wrong result; the OpenSSL library is broken.";
        if (!HmacSha1Agrees())
            return "HMAC-SHA1 gives a wrong result; the OpenSSL library is broken.";
        if (!AesGcmAgrees())
            return "AES-128-GCM gives a wrong result; the OpenSSL library is broken.";
        using var certificate = DtlsCertificate.Generate(time);
        return DtlsFingerprint.TryParse(certificate.Fingerprint.ToString(), out var parsed) && parsed == certificate.Fingerprint
            ? null
            : "A DTLS certificate cannot be made.";
    }

    /// <summary>NIST SP 800-38A F.5.1, first block.</summary>
    private static bool AesCtrAgrees()
    {
        using var cipher = new AesCtr(Convert.FromHexString("2b7e151628aed2a6abf7158809cf4f3c"));
        var data = Convert.FromHexString("6bc1bee22e409f96e93d7e117393172a");
        return cipher.TryTransform(Convert.FromHexString("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff"), data)
            && Convert.ToHexStringLower(data) == "874d6191b620e3261bef6864990db6ce";
    }

    /// <summary>RFC 2202 §3, test case 1.</summary>
    private static bool HmacSha1Agrees()
    {
        var mac = new byte[HmacSha1.MacSize];
        new HmacSha1(Convert.FromHexString("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b")).Compute("Hi The"u8, "re"u8, mac);
        return Convert.ToHexStringLower(mac) == "b617318655057264e28bc0b6fb378c8ef146be00";
    }

    /// <summary>The GCM specification's test case 2 (McGrew and Viega, appendix B).</summary>
    private static bool AesGcmAgrees()
    {
        using var cipher = new AesGcm(new byte[AesGcm.KeySize]);
        var (data, tag, nonce) = (new byte[16], new byte[AesGcm.TagSize], new byte[AesGcm.NonceSize]);
        return cipher.TrySeal(nonce, default, data, tag)
            && Convert.ToHexStringLower(data) == "0388dace60b6a392f328c2b971b2fe78"
            && Convert.ToHexStringLower(tag) == "ab6e47d42cec13bdf53a67b21257bddf"
            && cipher.TryOpen(nonce, default, data, tag)
            && !data.AsSpan().ContainsAnyExcept((byte)0);
    }

    /// <summary>A second of 400 Hz keeps its level, within a factor of two, through a lossy codec.</summary>
    private static bool OpusCarriesTone()
    {
        const int frame = 160;
        const double level = 8000;
        using var encoder = new OpusEncoder();
        using var decoder = new OpusDecoder();
        var (pcm, packet) = (new short[frame], new byte[400]);
        double energy = 0;
        for (var n = 0; n < 50; n++)
        {
            for (var i = 0; i < frame; i++)
                pcm[i] = (short)(level * Math.Sin(2 * Math.PI * 400 * (n * frame + i) / 8000));
            var encoded = encoder.Encode(pcm, packet);
            if (!encoded.IsOk || decoder.Decode(packet.AsSpan(0, encoded.Count), pcm) is not { IsOk: true, Count: frame })
                return false;
            if (n >= 25) // the codec has settled
                energy += pcm.Sum(sample => (double)sample * sample) / frame / 25;
        }
        return Math.Sqrt(energy) is > level / 2.83 and < level * 1.42; // the sine's own effective value is level / 1.41
    }
}
