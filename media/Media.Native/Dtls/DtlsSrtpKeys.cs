namespace Media.Native.Dtls;

/// <summary>
/// SRTP master keys and salts from a finished handshake (RFC 5764 §4.2), already sorted by direction: the keys this endpoint encrypts with
/// are local, those the peer encrypts with remote. Secret: never logged; call <see cref="Clear"/> once the SRTP session is keyed.
/// </summary>
public sealed class DtlsSrtpKeys
{
    internal DtlsSrtpKeys(DtlsSrtpProfile profile, DtlsRole role, ReadOnlySpan<byte> material)
    {
        // client_write_key | server_write_key | client_write_salt | server_write_salt
        var salt = profile.SaltSize();
        var keys = material[..(2 * DtlsSrtpProfiles.KeySize)];
        var salts = material.Slice(2 * DtlsSrtpProfiles.KeySize, 2 * salt);
        var (client, server) = (keys[..DtlsSrtpProfiles.KeySize].ToArray(), keys[DtlsSrtpProfiles.KeySize..].ToArray());
        var (clientSalt, serverSalt) = (salts[..salt].ToArray(), salts[salt..].ToArray());
        Profile = profile;
        (LocalKey, RemoteKey) = role == DtlsRole.Client ? (client, server) : (server, client);
        (LocalSalt, RemoteSalt) = role == DtlsRole.Client ? (clientSalt, serverSalt) : (serverSalt, clientSalt);
    }

    public DtlsSrtpProfile Profile { get; }

    public byte[] LocalKey { get; }

    public byte[] LocalSalt { get; }

    public byte[] RemoteKey { get; }

    public byte[] RemoteSalt { get; }

    /// <summary>Overwrites the secrets with zeros.</summary>
    public void Clear()
    {
        Array.Clear(LocalKey);
        Array.Clear(LocalSalt);
        Array.Clear(RemoteKey);
        Array.Clear(RemoteSalt);
    }
}
