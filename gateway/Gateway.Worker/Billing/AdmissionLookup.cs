using Gateway.Calls;
using Gateway.Calls.Admission;
using Gateway.Calls.Lifecycle;
using Gateway.Worker.Configuration;
using Npgsql;

namespace Gateway.Worker.Billing;

/// <summary>The facts by which a call may begin: the store's, or those last known while the store is unavailable.</summary>
internal sealed partial class AdmissionLookup(
    LiveOptions live, IAdmissionStore admissions, OutageAdmissions outage, CallHolds holds, TimeProvider time,
    ILogger<AdmissionLookup> logger)
{
    /// <summary>The part of a call's preparation that the store may take.</summary>
    private TimeSpan LongestWait => live.Options.Calls.Preparation * 0.4;

    /// <summary>After one question was in vain, the next calls do not wait for theirs.</summary>
    private static readonly TimeSpan BackOff = TimeSpan.FromSeconds(1);

    private long _askAgainAt = long.MinValue;

    /// <summary>Null: the store does not answer.</summary>
    public async Task<AdmissionFacts?> AskAsync(AdmissionRequest request, CancellationToken cancellation)
    {
        if (time.GetTimestamp() < Volatile.Read(ref _askAgainAt))
            return null;
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            timeout.CancelAfter(LongestWait);
            var facts = await AdmitAsync(request, timeout.Token).WaitAsync(timeout.Token);
            outage.StoreIsBack();
            return facts;
        }
        catch (Exception e) // Whatever ails the store, the caller gets an answer.
        {
            Volatile.Write(ref _askAgainAt, time.GetTimestamp() + (long)(BackOff.TotalSeconds * time.TimestampFrequency));
            LogUnavailable(request.Call, e.Message);
            return null;
        }
    }

    /// <summary>Without the store. Null: nothing is known, or no call is to begin so.</summary>
    public AdmissionFacts? AskAlone(AdmissionRequest request) =>
        live.Options.Calls.WhenStoreIsUnavailable == OutagePolicy.Refuse ? null : outage.Admit(request);

    /// <summary>A call that was admitted alone does not begin.</summary>
    public void Forget(CallId call) => outage.Forget(call);

    /// <summary>A call that was admitted by the store does not begin: what was held for it is given back.</summary>
    public Task ReleaseAsync(CallIdentity call, AdmissionFacts facts) => facts.Held is null ? Task.CompletedTask : holds.ReleaseAsync(call);

    /// <summary>A second time at once where the connection was a dead one: after a restart of PostgreSQL the pool still has some.</summary>
    private async Task<AdmissionFacts> AdmitAsync(AdmissionRequest request, CancellationToken cancellation)
    {
        try
        {
            return await admissions.AdmitAsync(request, cancellation);
        }
        catch (NpgsqlException e) when (e.IsTransient)
        {
            return await admissions.AdmitAsync(request, cancellation);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: the store does not answer ({Reason})")]
    private partial void LogUnavailable(CallId callId, string reason);
}
