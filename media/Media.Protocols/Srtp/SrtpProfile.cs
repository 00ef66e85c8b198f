using System.Diagnostics.CodeAnalysis;

namespace Media.Protocols.Srtp;

/// <summary>The protection profiles supported here, with their DTLS-SRTP numbers (RFC 5764 §4.1.2, RFC 7714 §14.2).</summary>
[SuppressMessage("Naming", "CA1707", Justification = "The profiles' registered names end in _80 and _32.")]
public enum SrtpProfile
{
    None = 0,
    AesCm128HmacSha1_80 = 0x0001,
    AesCm128HmacSha1_32 = 0x0002,
    AeadAes128Gcm = 0x0007,
}

/// <summary>The sizes a profile fixes, in bytes.</summary>
public static class SrtpProfileExtensions
{
    public const int MasterKeyLength = 16;

    /// <summary>RFC 3711 §8.2: 112 bits; RFC 7714 §12: 96 bits.</summary>
    public static int MasterSaltLength(this SrtpProfile profile) => profile == SrtpProfile.AeadAes128Gcm ? 12 : 14;

    /// <summary>Keying material that a DTLS exporter must give for both directions (RFC 5764 §4.2).</summary>
    public static int ExporterLength(this SrtpProfile profile) => 2 * (MasterKeyLength + profile.MasterSaltLength());

    /// <summary>The bytes that protection adds to an RTP packet.</summary>
    public static int RtpOverhead(this SrtpProfile profile) => profile switch
    {
        SrtpProfile.AesCm128HmacSha1_32 => 4,
        SrtpProfile.AeadAes128Gcm => 16,
        _ => 10,
    };

    /// <summary>
    /// The bytes that protection adds to an RTCP packet: the tag, 80 bits even under the 32-bit profile (RFC 5764 §4.1.2), and the index
    /// word.
    /// </summary>
    public static int RtcpOverhead(this SrtpProfile profile) => profile == SrtpProfile.AeadAes128Gcm ? 20 : 14;
}
