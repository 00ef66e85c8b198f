using System.Collections.Concurrent;
using Dapper;
using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Calls.Records;
using Gateway.Calls.Rules;
using Gateway.Storage.Contacts;
using Gateway.Storage.Events;
using Gateway.Storage.Nodes;
using Npgsql;

namespace Gateway.Storage.Calls;

/// <summary>
/// The end of calls, one or many, as one transaction of two round trips: their rows completed, accounts charged, volumes counted, holds
/// released, contacts changed, events added. It may be repeated at any time and from anywhere; the first completion of each call is final.
/// An answered call that is billed has exactly one ledger entry, with the key <c>call:ID</c>, also where the price is zero; no other call
/// has any.
/// </summary>
/// <param name="transaction">Committed by the caller.</param>
/// <param name="records">Calls that have ended, in any order; they are rated in this one.</param>
/// <param name="limits">Null: the calls change no permissions, and create no contacts.</param>
/// <param name="cancellation">The caller's token.</param>
internal sealed class Settlement(
    NpgsqlTransaction transaction, IReadOnlyList<CallRecord> records, PermissionLimits? limits, CancellationToken cancellation)
{
    private const string OpenText = SettlementSql.Open + CallContacts.Lock + SettlementSql.Owners + SettlementSql.Completed,
        OpenUnansweredText = SettlementSql.Offers + OpenText + SettlementSql.BegunElsewhere,
        OpenLateText = OpenUnansweredText + SettlementSql.TakenBefore;

    private static readonly ConcurrentDictionary<int, string> WriteTexts = new();

    private readonly CallRecord[] _records =
        [.. records.DistinctBy(record => record.Id).OrderBy(record => record.Id.Value, StringComparer.Ordinal)];

    /// <summary>The number of calls that were not completed before; those that are another node's by now change nothing.</summary>
    public async Task<int> RunAsync()
    {
        if (_records.Length == 0)
            return 0;
        var (completed, owners, money, contacts) = await OpenAsync();
        var mine = records.DistinctBy(record => record.Id).Where(record => !IsAnothers(record, owners)).ToArray();
        if (limits is not null)
            await contacts.CompleteAsync(transaction, [.. _records.Where(ChangesPermission)], cancellation);

        var (calls, events) = (new List<SettledCall>(), new List<NewEvent>());
        foreach (var record in mine.Where(record => !IsCompleted(record, completed)))
        {
            var (priced, payer) = money.Charge(record);
            var call = new SettledCall(priced, CallOutcomes.Of(record), contacts.Find(record));
            calls.Add(call);
            events.Add(CallEvents.Of(priced, call.Outcome, call.Contact));
            events.AddRange(CallEvents.OfQueue(record, call.Outcome, call.Contact));
            events.AddRange(CallEvents.OfMoney(priced, payer));
        }
        if (limits is not null)
            foreach (var record in mine.Where(ChangesPermission))
                events.AddRange(contacts.Apply(record, limits));
        await WriteAsync(calls, money, contacts, events);
        return calls.Count;
    }

    /// <summary>Of an attempt that was refused here, the user never heard.</summary>
    private static bool ChangesPermission(CallRecord record) => !CallOutcomes.IsRefusedHere(record);

    /// <summary>Meta repeats webhooks for days: a call that comes too late may be one that was taken on the first.</summary>
    private static bool IsLate(CallRecord record) => record.Cause == HangupCause.OfferedTooLate;

    /// <summary>
    /// A node that could not ask a store whose the call is may have refused it, or rung for it: where another has begun it, that one's
    /// record counts.
    /// </summary>
    private static bool MayBeAnothers(CallRecord record) =>
        record is { Direction: CallDirection.Inbound, AnsweredAt: null, WhatsAppId: not null };

    private static bool IsAnothers(CallRecord record, Dictionary<string, long> owners)
    {
        var isAnothers = owners.TryGetValue(record.Id.Value, out var token) && token > record.OwnerToken;
        if (isAnothers)
            NodeStoreMetrics.LateRecord();
        return isAnothers;
    }

    private bool IsCompleted(CallRecord record, HashSet<string> completed) =>
        completed.Contains(record.Id.Value) || (IsLate(record) && _records.Any(
            other => !IsLate(other) && other.Direction == CallDirection.Inbound
                && (other.Channel, other.WhatsAppId) == (record.Channel, record.WhatsAppId)));

    private async Task<(HashSet<string> Completed, Dictionary<string, long> Owners, SettlementMoney Money, CallContacts Contacts)>
        OpenAsync()
    {
        var statements = OpenText;
        var parameters = new DynamicParameters(CallContacts.Parameters(_records));
        parameters.AddDynamicParams(Parameters());
        var unanswered = _records.Where(MayBeAnothers).ToArray();
        if (unanswered.Length > 0)
        {
            statements = OpenUnansweredText;
            parameters.AddDynamicParams(new
            {
                UnansweredIds = unanswered.Select(record => record.Id.Value).ToArray(),
                UnansweredWhatsAppIds = unanswered.Select(record => record.WhatsAppId!.Value.Value).ToArray(),
                UnansweredStarts = unanswered.Select(record => record.StartedAt.UtcDateTime).ToArray(),
            });
        }
        if (unanswered.Where(IsLate).ToArray() is { Length: > 0 } late)
        {
            statements = OpenLateText;
            parameters.AddDynamicParams(new
            {
                LateIds = late.Select(record => record.Id.Value).ToArray(),
                LateStarts = late.Select(record => record.StartedAt.UtcDateTime).ToArray(),
                LateChannels = late.Select(record => record.Channel.Value).ToArray(),
                LateWhatsAppIds = late.Select(record => record.WhatsAppId!.Value.Value).ToArray(),
            });
        }
        await using var results = await transaction.Connection!.QueryMultipleAsync(
            new CommandDefinition(statements, parameters, transaction, cancellationToken: cancellation));
        await results.ReadAsync<int>();
        var accounts = await results.ReadAsync<PayingAccount>();
        var charged = await results.ReadAsync<string>();
        var money = new SettlementMoney(accounts, await results.ReadAsync<SettlementMoney.Volume>(), charged);
        var contacts = new CallContacts(await results.ReadAsync<ContactRow>());
        var owners = (await results.ReadAsync<(string Id, long Token)>()).ToDictionary(owner => owner.Id, owner => owner.Token);
        return ([.. await results.ReadAsync<string>()], owners, money, contacts);
    }

    private object Parameters()
    {
        var billed = _records.Where(record => record is { AnsweredAt: not null, Funding: not null }).ToArray();
        var volumes = billed.Select(SettlementMoney.VolumeOf).Distinct().ToArray();
        return new
        {
            Ids = _records.Select(record => record.Id.Value).ToArray(),
            FirstStart = _records.Min(record => record.StartedAt.UtcDateTime),
            LastStart = _records.Max(record => record.StartedAt.UtcDateTime),
            Keys = billed.Select(record => "call:" + record.Id.Value).ToArray(),
            Accounts = _records.Select(record => record.Funding?.Account).OfType<string>().Distinct().ToArray(),
            VolumeAccounts = volumes.Select(volume => volume.Account).ToArray(),
            VolumeDirections = volumes.Select(volume => volume.Direction).ToArray(),
            VolumeMonths = volumes.Select(volume => volume.Month).ToArray(),
        };
    }

    /// <summary>The wanted ones of always the same statements, one after the other. Put together once each: they are long.</summary>
    private static string WriteText(params ReadOnlySpan<(bool IsWanted, string Statement)> all)
    {
        var wanted = 0;
        for (var i = 0; i < all.Length; i++)
            wanted |= all[i].IsWanted ? 1 << i : 0;
        if (WriteTexts.TryGetValue(wanted, out var text))
            return text;
        text = "";
        foreach (var (isWanted, statement) in all)
            text += isWanted ? statement : "";
        return WriteTexts.GetOrAdd(wanted, text);
    }

    private async Task WriteAsync(List<SettledCall> calls, SettlementMoney money, CallContacts contacts, List<NewEvent> events)
    {
        var missed = calls.Where(call => call.Outcome == CallOutcome.Missed).ToArray();
        var talks = calls.Where(call => call.IsTalk).Select(call => call.Talk).ToArray();
        var agents = calls.Where(call => call is { HadAgent: true, Contact: not null }).Select(call => call.LastAgent).ToArray();
        var statements = WriteText(
            (calls.Count > 0, SettlementSql.Complete), (money.Entries.Count > 0, SettlementSql.Charge),
            (calls.Count > 0, SettlementSql.Pay), (missed.Length > 0, SettlementSql.Miss), (talks.Length > 0, SettlementSql.CloseMissed),
            (agents.Length > 0, SettlementSql.NoteAgents), (contacts.HasChanged, ContactRow.Update),
            (events.Count > 0, EventOutbox.InsertAll));
        if (statements.Length == 0)
            return;
        var parameters = new
        {
            Calls = StoredRows.Json(calls.Select(call => CallRow.Of(call.Record))),
            Completed = calls.Select(call => call.Record.Id.Value).ToArray(),
            Charges = StoredRows.Json(money.Entries),
            Volumes = StoredRows.Json(money.Added),
            Missed = StoredRows.Json(missed.Select(call => call.Missed)),
            MissedUsers = missed.Select(call => call.MissedUser).Distinct().Order(StringComparer.Ordinal).ToArray(),
            Talks = StoredRows.Json(talks),
            LastAgents = StoredRows.Json(agents),
            Contacts = contacts.Changes(),
            Events = EventOutbox.Rows(events),
        };
        await transaction.Connection!.ExecuteAsync(
            new CommandDefinition(statements, parameters, transaction, cancellationToken: cancellation));
    }
}
