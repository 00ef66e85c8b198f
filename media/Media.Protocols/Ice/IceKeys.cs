using System.Text;
using Media.Protocols.Stun;

namespace Media.Protocols.Ice;

/// <summary>
/// Both sides' credentials as they appear on the wire (RFC 8445 §7.2.2): a request's username is <c>receiver's ufrag:sender's ufrag</c>,
/// and request and response are keyed with the receiver's password.
/// </summary>
/// <param name="local">Ours.</param>
/// <param name="isLite">Of an agent that takes whatever the peer checks.</param>
internal sealed class IceKeys(IceCredentials local, bool isLite)
{
    private readonly byte[] _requestPrefix = Encoding.ASCII.GetBytes(local.Ufrag + ":");
    private readonly byte[] _localPassword = Encoding.ASCII.GetBytes(local.Password);
    private byte[] _remotePassword = [];
    private byte[] _username = [];
    private byte[] _expected = [];

    public bool HasRemote => _remotePassword.Length > 0;

    /// <summary>Keys the requests that come in, and our answers to them.</summary>
    public ReadOnlySpan<byte> LocalPassword => _localPassword;

    /// <summary>Keys our requests, and the answers to them.</summary>
    public ReadOnlySpan<byte> RemotePassword => _remotePassword;

    /// <summary>Of our requests.</summary>
    public ReadOnlySpan<byte> Username => _username;

    public void SetRemote(IceCredentials remote)
    {
        _remotePassword = Encoding.ASCII.GetBytes(remote.Password);
        _username = Encoding.ASCII.GetBytes($"{remote.Ufrag}:{local.Ufrag}");
        _expected = Encoding.ASCII.GetBytes($"{local.Ufrag}:{remote.Ufrag}");
    }

    /// <summary>
    /// RFC 5389 §10.1.2. Only the receiver's half of the username is compared (RFC 8445 §7.3): the sender's may not be known yet. But one
    /// offer may have rung several phones, all of which have our credentials: a lite agent is the peer's alone, whose description came.
    /// </summary>
    public StunErrorCode Authenticate(in StunReader request)
    {
        if (!request.HasIntegrity || request.Username.IsEmpty)
            return StunErrorCode.BadRequest;
        var isOurs = isLite && HasRemote ? request.Username.SequenceEqual(_expected) : request.Username.StartsWith(_requestPrefix);
        return isOurs && request.HasValidIntegrity(_localPassword)
            ? StunErrorCode.None
            : StunErrorCode.Unauthorized;
    }
}
