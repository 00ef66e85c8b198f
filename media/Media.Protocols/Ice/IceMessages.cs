using Media.Protocols.Stun;

namespace Media.Protocols.Ice;

/// <summary>The four messages an agent writes (RFC 8445 §7.1 and §7.3). All fit <see cref="IceAgent.MaxTransmitLength"/>.</summary>
internal static class IceMessages
{
    /// <param name="buffer">The room for it.</param>
    /// <param name="transaction">The check.</param>
    /// <param name="keys">Of both sides.</param>
    /// <param name="tieBreaker">For role conflicts.</param>
    /// <param name="priority">Of our end as the peer sees it.</param>
    /// <param name="moves">How often the session went on from another address.</param>
    public static int WriteCheck(
        Span<byte> buffer, in IceTransaction transaction, IceKeys keys, ulong tieBreaker, uint priority, int moves)
    {
        var request = new StunWriter(buffer, StunClass.Request, transaction.Id);
        request.Add(StunAttribute.Username, keys.Username);
        request.AddPriority(priority);
        if (transaction.Role == IceRole.Controlling)
            request.AddControlling(tieBreaker);
        else
            request.AddControlled(tieBreaker);
        if (transaction.UseCandidate && moves > 0)
            request.AddNomination((uint)moves + 1); // one without a number counts as the first
        else if (transaction.UseCandidate)
            request.AddUseCandidate();
        request.TryFinish(keys.RemotePassword, out var length);
        return length;
    }

    public static int WriteReply(Span<byte> buffer, in IceReply reply, ReadOnlySpan<byte> password)
    {
        var response = new StunWriter(buffer, reply.Error == StunErrorCode.None ? StunClass.Success : StunClass.Error, reply.Transaction);
        if (reply.Error == StunErrorCode.None)
            response.AddXorMappedAddress(reply.Remote);
        else
            response.AddErrorCode(reply.Error);
        if (reply.Unknown.Count > 0)
        {
            Span<ushort> types = stackalloc ushort[IceUnknownTypes.Max];
            response.AddUnknownAttributes(reply.Unknown.CopyTo(types));
        }
        int length;
        if (reply.Error is StunErrorCode.BadRequest or StunErrorCode.Unauthorized)
            response.TryFinish(out length); // the requester has not shown that it knows the password (RFC 5389 §10.1.2)
        else
            response.TryFinish(password, out length);
        return length;
    }
}
