namespace Media.Protocols.Sdp;

/// <summary>The direction of media, as seen by the side that states it (RFC 8866 §6.7).</summary>
[Flags]
public enum MediaDirection
{
    Inactive = 0,
    SendOnly = 1,
    RecvOnly = 2,
    SendRecv = SendOnly | RecvOnly,
}

public static class MediaDirectionExtensions
{
    public static bool CanSend(this MediaDirection direction) => (direction & MediaDirection.SendOnly) != 0;

    public static bool CanReceive(this MediaDirection direction) => (direction & MediaDirection.RecvOnly) != 0;

    /// <summary>The same flow seen from the other end: sendonly ↔ recvonly.</summary>
    public static MediaDirection Mirror(this MediaDirection direction) => direction switch
    {
        MediaDirection.SendOnly => MediaDirection.RecvOnly,
        MediaDirection.RecvOnly => MediaDirection.SendOnly,
        _ => direction,
    };

    /// <summary>The attribute's name: <c>sendrecv</c>, <c>sendonly</c>, <c>recvonly</c>, <c>inactive</c>.</summary>
    public static string ToAttribute(this MediaDirection direction) => direction switch
    {
        MediaDirection.SendRecv => "sendrecv",
        MediaDirection.SendOnly => "sendonly",
        MediaDirection.RecvOnly => "recvonly",
        _ => "inactive",
    };

    internal static MediaDirection? Read(SdpAttribute attribute) =>
        attribute.Is("sendrecv") ? MediaDirection.SendRecv
        : attribute.Is("sendonly") ? MediaDirection.SendOnly
        : attribute.Is("recvonly") ? MediaDirection.RecvOnly
        : attribute.Is("inactive") ? MediaDirection.Inactive
        : null;
}
