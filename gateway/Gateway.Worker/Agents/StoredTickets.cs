using Gateway.Sip.Trunks;
using Gateway.Storage.Directory;

namespace Gateway.Worker.Agents;

/// <summary>The tickets of agents' phones in the browser, in PostgreSQL, where the admin API puts them.</summary>
internal sealed class StoredTickets(PhoneTicketStore tickets) : IPhoneTickets
{
    public async ValueTask<string?> TakeAsync(string ticket, CancellationToken cancellation) =>
        await tickets.TakeAsync(ticket, cancellation);
}
