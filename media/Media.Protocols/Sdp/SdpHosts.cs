using System.Net;

namespace Media.Protocols.Sdp;

/// <summary>
/// Host names in <c>c=</c> lines (RFC 8866 §5.7 allows them): a shell resolves them, since nothing here does, and puts addresses in their
/// place before the description is answered or applied.
/// </summary>
public static class SdpHosts
{
    /// <summary>Names of one description that are looked up.</summary>
    public const int MaxNames = 4;

    /// <summary>
    /// The host names of live audio; empty for nearly every description, also for one that cannot be read.
    /// </summary>
    public static IReadOnlyList<SdpConnection> Find(string text) => SessionDescription.TryParse(text, out var sdp, out _)
        ? [.. sdp.Media.Where(media => media.IsAudio && media.Port != 0).Select(media => sdp.AttributesOf(media).Connection)
            .OfType<SdpConnection>().Where(connection => connection.IsName).Distinct().Take(MaxNames)]
        : [];

    /// <summary>The same description with <paramref name="address"/> in place of every <paramref name="name"/>.</summary>
    public static string Replace(string text, SdpConnection name, IPAddress address)
    {
        if (!SessionDescription.TryParse(text, out var sdp, out _))
            return text;
        SdpConnection? Put(SdpConnection? connection) => connection == name ? SdpConnection.From(address) : connection;
        var replaced = new SessionDescription
        {
            Origin = sdp.Origin,
            Connection = Put(sdp.Connection),
            Attributes = sdp.Attributes,
            Media = [.. sdp.Media.Select(media => media with { Connection = Put(media.Connection) })],
        };
        return replaced.Write();
    }
}
