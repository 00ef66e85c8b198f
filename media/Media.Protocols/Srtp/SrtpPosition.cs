namespace Media.Protocols.Srtp;

/// <summary>
/// How far an <see cref="SrtpSession"/> has come with the stream it sends and with the one it last received: what another session with the
/// same keys needs to go on. A plain value; −1: nothing yet.
/// </summary>
/// <param name="SentIndex">The highest packet index (RFC 3711 §3.3.1) protected.</param>
/// <param name="SentReport">The highest SRTCP index protected.</param>
/// <param name="ReceivedSsrc">Whose the received ones are.</param>
/// <param name="ReceivedIndex">The highest packet index accepted.</param>
/// <param name="ReceivedReport">The highest SRTCP index accepted.</param>
public readonly record struct SrtpPosition(long SentIndex, long SentReport, uint ReceivedSsrc, long ReceivedIndex, long ReceivedReport)
{
    public static readonly SrtpPosition None = new(-1, -1, 0, -1, -1);
}
