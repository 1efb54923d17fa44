package demo

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"stoa/internal/org"
	"stoa/internal/record"
)

const (
	questionCount = 400
	memberCount   = 90
	votesAtMost   = 40
)

// community lets residents ask in public, and the staff and neighbours answer.
func (c *city) community(ctx context.Context) error {
	members, err := c.members(ctx)
	if err != nil {
		return err
	}
	if err := c.atHome(ctx); err != nil {
		return err
	}
	var drafts []record.Draft
	for _, t := range topics {
		drafts = append(drafts, draft("Topic", "Name", t.name, "Description", t.about))
	}
	ids, err := c.add(ctx, "topics", drafts)
	if err != nil {
		return err
	}
	board := &board{c: c, members: members, topics: ids}
	for i, lines := 0, strings.Split(asked, "\n"); i < max(len(lines), c.n(questionCount)); i++ {
		board.ask(strings.Split(lines[i%len(lines)], "|"), i/len(lines))
	}
	if err := board.write(ctx); err != nil {
		return err
	}
	return board.held(ctx)
}

// atHome says where the city is, and sets its clocks to the time in which its promises are kept.
func (c *city) atHome(ctx context.Context) error {
	ids, err := c.lookup(ctx, "SELECT Name, Id FROM Organization")
	if err != nil {
		return err
	}
	for _, id := range ids {
		d := draft("Organization", "Street", "1 Quay Street", "City", "Harborview", "Country", "United States", "TimeZoneSidKey", "America/New_York")
		d.ID = id
		if err := firstError(c.s.Update(ctx, []record.Draft{d}, org.WriteOptions{AllOrNone: true, Seed: true})); err != nil {
			return fmt.Errorf("where the city is: %w", err)
		}
	}
	return nil
}

// members makes residents who have signed in to the site, with names that they chose.
func (c *city) members(ctx context.Context) ([]record.ID, error) {
	profiles, err := c.lookup(ctx, "SELECT Name, Id FROM Profile")
	if err != nil {
		return nil, err
	}
	var drafts []record.Draft
	for i := range max(12, c.n(memberCount)) {
		first, last := pick(c, firstNames), pick(c, lastNames)
		name := first + " " + last[:1] + ". of " + strings.ReplaceAll(pick(c, districts), "_", " ")
		switch i % 4 {
		case 1:
			name = "Resident " + strconv.Itoa(1000+i*7)
		case 2:
			name = strings.ToLower(first) + strconv.Itoa(10+i)
		}
		mail := fmt.Sprintf("%s.%d@residents.example", strings.ToLower(first), i)
		drafts = append(drafts, draft("User", "Username", mail+".community", "LastName", name, "Email", mail, "Alias", "citizen", "CommunityNickname", beginning(name)[:min(len(name), 40)],
			"ProfileId", profiles[org.CommunityProfile], "UserType", org.CommunityType, "IsActive", true, "TimeZoneSidKey", "America/New_York", "LocaleSidKey", "en_US", "LanguageLocaleKey", "en_US", "EmailEncodingKey", "UTF-8"))
	}
	return c.add(ctx, "members", drafts)
}

// A board is the questions under construction.
type board struct {
	c               *city
	members, topics []record.ID
	questions       []record.Draft
	answers         []reply
	votes           []int // by question
}

// A reply is an answer before its question has an id.
type reply struct {
	question int
	d        record.Draft
	best     bool
	votes    int
	by       record.ID
	at       time.Time
}

// fill puts places and numbers into a text. Line breaks are written \n in it.
func (b *board) fill(s, street, district string, n int) string {
	return strings.NewReplacer("{street}", street, "{district}", district, "{n}", strconv.Itoa(n), `\n`, "\n").Replace(s)
}

// ask makes a question of a line; turn says how often the line was used before, and where there is no place in its words it gets one.
func (b *board) ask(p []string, turn int) {
	c := b.c
	street, district, n := strings.ReplaceAll(pick(c, streets), "_", " "), strings.ReplaceAll(pick(c, districts), "_", " "), 2+c.rng.IntN(5)
	topic := int(p[0][0] - '0')
	title := b.fill(p[2], street, district, n)
	if turn > 0 && !strings.Contains(p[2], "{") {
		title = strings.TrimRight(title, "?") + " (" + district + ")"
		if strings.HasSuffix(p[2], "?") {
			title = strings.TrimSuffix(p[2], "?") + ", " + district + "?"
		}
	}
	at := c.workTime(1 + c.rng.IntN(1+min(700, 20+turn*90)))
	asker := pick(c, b.members)
	active, answers, staffed := at, 0, false
	of := len(b.questions)
	add := func(text string, by record.ID, staff, best bool, after time.Duration) {
		when := at.Add(after)
		if when.After(c.now) {
			return
		}
		answers, active, staffed = answers+1, when, staffed || staff
		d := posted(draft("FeedComment", "CommentBody", b.fill(text, street, district, n), "CommentType", "TextComment", "Status", "Published", "IsVerified", staff, "IsRichText", false,
			"HasEntityLinks", false, "Language__c", p[1]), when, by)
		votes := 0
		if best {
			votes = c.rng.IntN(votesAtMost)
		} else {
			votes = c.rng.IntN(votesAtMost / 3)
		}
		b.answers = append(b.answers, reply{of, d, best, votes, by, when})
	}
	// Some are not answered yet, some by neighbours only.
	how := c.rng.IntN(20)
	if how > 1 && len(p) > 5 && p[5] != "" {
		add(p[5], pick(c, b.members), false, how == 2, time.Duration(1+c.rng.IntN(40))*time.Hour)
	}
	if how > 2 && p[4] != "" {
		add(p[4], b.staff(topic), true, how > 6, time.Duration(20+c.rng.IntN(1400))*time.Minute)
	}
	b.votes = append(b.votes, c.rng.IntN(votesAtMost/2))
	b.questions = append(b.questions, posted(draft("FeedItem", "ParentId", b.topics[topic], "Type", "QuestionPost", "Title", title, "Body", b.fill(p[3], street, district, n), "Status", "Published",
		"Visibility", "AllUsers", "IsClosed", false, "IsRichText", false, "Slug__c", address(plainLetters.Replace(title)), "Language__c", p[1], "Answers__c", answers, "Staff_Answered__c", staffed,
		"Active_At__c", active), at, asker))
}

// posted is created for posts, of which nobody keeps who changed them last.
func posted(d record.Draft, at time.Time, by record.ID) record.Draft {
	return *d.Set("CreatedDate", record.OfInstant(at)).Set("CreatedById", record.OfID(by))
}

var plainLetters = strings.NewReplacer("á", "a", "é", "e", "í", "i", "ó", "o", "ú", "u", "ñ", "n", "ü", "u")

// staff returns somebody of the team that knows about a topic.
func (b *board) staff(topic int) record.ID {
	for i := range staff {
		if at := (i + topic) % len(staff); staff[at].team == topics[topic].team {
			return b.c.staff[at].id
		}
	}
	return b.c.anyStaff()
}

// write keeps the questions, then what hangs on them.
func (b *board) write(ctx context.Context) error {
	c := b.c
	for i := range b.questions {
		b.questions[i].Set("Score__c", record.OfInt(int64(min(b.votes[i], len(b.members)))))
	}
	ids, err := c.seed(ctx, "questions", b.questions)
	if err != nil {
		return err
	}
	var answers, votes, tags, best []record.Draft
	for i := range b.answers {
		r := &b.answers[i]
		r.d.Set("FeedItemId", record.OfID(ids[r.question])).Set("Score__c", record.OfInt(int64(min(r.votes, len(b.members)))))
		answers = append(answers, r.d)
	}
	replies, err := c.seed(ctx, "answers", answers)
	if err != nil {
		return err
	}
	for i, id := range ids {
		tags = append(tags, draft("TopicAssignment", "TopicId", b.topicOf(i), "EntityId", id))
		votes = b.voted(votes, id, b.votes[i])
	}
	for i, id := range replies {
		votes = b.voted(votes, id, b.answers[i].votes)
		if b.answers[i].best {
			d := record.Draft{Object: "FeedItem", ID: ids[b.answers[i].question]}
			best = append(best, *d.Set("BestCommentId", record.OfID(id)))
		}
	}
	if _, err := c.add(ctx, "topics of questions", tags); err != nil {
		return err
	}
	if _, err := c.seed(ctx, "votes", votes); err != nil {
		return err
	}
	for len(best) > 0 {
		n := min(200, len(best))
		if err := firstError(c.s.Update(ctx, best[:n], org.WriteOptions{AllOrNone: true, Seed: true})); err != nil {
			return fmt.Errorf("accepted answers: %w", err)
		}
		best = best[n:]
	}
	return nil
}

// heldPosts wait for a moderator: topic, why, title, text; with an appeal, what the author says.
var heldPosts = []struct {
	topic                  int
	why, title, text, rule string
	words, appeal          string
}{
	{0, "first", "Which adviser speaks Portuguese?", "My neighbour would like to come with me on Thursday and does not speak English well.", "", "", ""},
	{2, "links", "The cheapest removal firm", "I can recommend https://moves.example, they took everything away for half of the price. See https://moves.example/prices.", "", "", ""},
	{5, "first", "How long did you wait for a two-room flat?", "We are on the list since January, with one child.", "", "", ""},
	{1, "first", "Why does the inspector never come?", "I have called three times. Whoever is in charge of Saltmarsh Road should be ashamed.", "kind", "Please say what is broken, and since when; then we can help.", "I only said what all of us think. The lamp has been out since October."},
}

// held lays some posts before the moderators, and one appeal.
func (b *board) held(ctx context.Context) error {
	c := b.c
	for i, h := range heldPosts {
		at, by := c.now.Add(time.Duration(-40*(i+1))*time.Minute), pick(c, b.members)
		status, state := "PendingReview", "Waiting"
		if h.appeal != "" {
			status, state = "Hidden", "Appealed"
		}
		ids, err := c.seed(ctx, "held posts", []record.Draft{posted(draft("FeedItem", "ParentId", b.topics[h.topic], "Type", "QuestionPost", "Title", h.title, "Body", h.text, "Status", status, "Visibility", "AllUsers",
			"IsClosed", false, "IsRichText", false, "Slug__c", address(h.title), "Language__c", "en", "Answers__c", 0, "Score__c", 0, "Active_At__c", at), at, by)})
		if err != nil {
			return err
		}
		d := draft("Moderation_Case__c", "Key__c", string(ids[0]), "Question__c", ids[0], "Author__c", by, "State__c", state, "Why__c", h.why, "Reports__c", 0)
		if h.appeal != "" {
			d = draft("Moderation_Case__c", "Key__c", string(ids[0]), "Question__c", ids[0], "Author__c", by, "State__c", state, "Why__c", h.why, "Reports__c", 0, "Rule__c", h.rule, "Words__c", h.words,
				"Appeal__c", h.appeal, "Decided_By__c", c.staff[0].id, "Decided_At__c", at.Add(10*time.Minute), "Appealed_At__c", at.Add(30*time.Minute))
		}
		if _, err := c.add(ctx, "held posts", []record.Draft{created(d, at, by, at)}); err != nil {
			return err
		}
	}
	return nil
}

func (b *board) topicOf(question int) record.ID {
	v, _ := b.questions[question].Get("ParentId")
	return v.ID()
}

// voted adds a vote of each of the first n members.
func (b *board) voted(votes []record.Draft, on record.ID, n int) []record.Draft {
	for _, m := range b.members[:min(n, len(b.members))] {
		at := b.c.now.Add(-time.Hour)
		votes = append(votes, created(draft("Vote", "ParentId", on, "Type", "Up"), at, m, at))
	}
	return votes
}
