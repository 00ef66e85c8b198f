namespace Media.Native.Dtls;

/// <summary>The side that sends the ClientHello: <c>a=setup:active</c> is the client, <c>passive</c> the server (RFC 5763 §5).</summary>
public enum DtlsRole
{
    Client,
    Server,
}
