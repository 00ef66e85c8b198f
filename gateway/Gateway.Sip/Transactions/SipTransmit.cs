namespace Gateway.Sip.Transactions;

/// <summary>Bytes for the transport. A failure is reported back with <paramref name="Transaction"/>; 0 wants no report.</summary>
public readonly record struct SipTransmit(SipFlow Flow, ReadOnlyMemory<byte> Bytes, long Transaction);
