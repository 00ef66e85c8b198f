using System.Threading.Channels;
using Gateway.Sip.Auth;
using Gateway.Sip.Registrar;
using Gateway.Sip.Transport;
using Gateway.Sip.Trunks;
using Media.Protocols.Primitives;
using Microsoft.Extensions.Logging;

namespace Gateway.Sip.Endpoint;

/// <summary>
/// The registrar's links to the outside: questions to the store of credentials, which take their time, and the news of who can be reached.
/// <see cref="Advance"/> and <see cref="Registrar"/> belong to the endpoint's loop.
/// </summary>
internal sealed partial class RegistrarRuntime(
    SipRegistrar registrar, RegistrarOptions options, ChannelWriter<PhoneChange> changes, TimeProvider time, ILogger logger,
    CancellationToken stop)
{
    /// <summary>A phone that waits longer sends its request again.</summary>
    private static readonly TimeSpan LookupTimeout = TimeSpan.FromSeconds(3);

    private readonly LogLimit _failureLog = new(TimeSpan.FromMinutes(1));
    private long _wrongCredentials;
    private long _lockedOut;
    private readonly LogLimit _wrongLog = new(TimeSpan.FromMinutes(1));

    public SipRegistrar Registrar => registrar;

    /// <summary>Passes on what the registrar has put out.</summary>
    /// <param name="now">For the log's limits.</param>
    /// <param name="post">Lets the loop act on an answer of the store.</param>
    public void Advance(Instant now, Func<Action<Instant>, Task> post)
    {
        while (registrar.Contacts.TryPollChange(out var change))
            changes.TryWrite(change);
        while (registrar.Authenticator.TryPollLookup(out var user))
            _ = LookUpAsync(user, post); // ends in a post to the loop, whatever happens
        var wrong = registrar.CountOf(RegistrationResult.WrongCredentials);
        var locked = registrar.CountOf(RegistrationResult.LockedOut);
        if ((wrong != _wrongCredentials || locked != _lockedOut) && _wrongLog.TryPass(now, out _))
        {
            LogWrong(logger, wrong - _wrongCredentials, locked - _lockedOut);
            (_wrongCredentials, _lockedOut) = (wrong, locked);
        }
    }

    private async Task LookUpAsync(string user, Func<Action<Instant>, Task> post)
    {
        await Task.Yield(); // not on the loop, however the store does it
        DigestSecrets? secrets = null;
        Exception? failure = null;
        try
        {
            using var timeout = new CancellationTokenSource(LookupTimeout, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, timeout.Token);
            secrets = await options.Credentials.FindAsync(user, options.Realm, either.Token).AsTask().WaitAsync(either.Token);
        }
#pragma warning disable CA1031 // the store is the host's: whatever it throws means that it does not know now
        catch (Exception e)
#pragma warning restore CA1031
        {
            failure = e;
        }
        await post(now =>
        {
            if (failure is null)
                registrar.Authenticator.HandleSecrets(user, secrets, now);
            else
                Fail(user, failure, now);
        });
    }

    private void Fail(string user, Exception failure, Instant now)
    {
        if (!stop.IsCancellationRequested && _failureLog.TryPass(now, out var suppressed))
            LogUnavailable(logger, failure.Message, suppressed);
        registrar.Authenticator.HandleLookupFailure(user, now);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A phone's credentials could not be looked up, its request was answered 503: "
        + "{Reason}; {Suppressed} more since the last line")]
    private static partial void LogUnavailable(ILogger logger, string reason, long suppressed);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Wrong} registrations were refused with 403 since the last line: wrong credentials "
        + "(sip.registrar); and {Locked} since their source is locked out")]
    private static partial void LogWrong(ILogger logger, long wrong, long locked);
}
