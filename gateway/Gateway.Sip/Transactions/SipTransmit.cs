namespace Gateway.Sip.Transactions;

/// <summary>Bytes for the transport.</summary>
/// <param name="Flow">The path.</param>
/// <param name="Bytes">One whole message.</param>
/// <param name="Transaction">Named when the transport reports a failure; 0 wants no report.</param>
/// <param name="IsResponse">A response whose connection is gone is reported, since its sender's address is not where it listens; a request
/// opens a new one.</param>
public readonly record struct SipTransmit(SipFlow Flow, ReadOnlyMemory<byte> Bytes, long Transaction, bool IsResponse);
