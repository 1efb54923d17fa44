package demo

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"stoa/internal/record"
)

// articles holds 60 lines of service|title|the heart of the answer.
const articles = `Benefits|Which papers to send with an application|Payslips of the last three months, the rent contract and a bank statement that shows your name.
Benefits|When a meter reading counts as verified|The photo shows the whole meter, the number and the serial plate. A second photo helps when light reflects.
Benefits|Heating allowance: who gets it and how much|Households under the income line get 240 a winter, paid in November and January.
Benefits|How to appeal against a decision|Write within 30 days. Say what is wrong; you need no form and no lawyer.
Benefits|Carer’s grant after the 18th birthday|The grant ends on the birthday. Apply again up to six weeks before.
Benefits|What happens when you were overpaid|You get a letter with the sum and the reason. Nothing is taken back while an appeal is open.
Benefits|Change of address|Tell us once: benefits, water and waste share the register of addresses.
Benefits|Help with the form|Ask at any library or call; an adviser fills it in with you, in 14 languages.
Streets|How fast we repair a street lamp|Lamps at crossings within 2 days, all others within 10.
Streets|Potholes: what we repair at once|Deeper than 4 cm on a road or 2 cm on a cycle path: within 5 days.
Streets|Snow and ice: which streets come first|Hospitals, bus routes and school ways before 7, all others before noon.
Streets|Asking for a zebra crossing|We count cars and people for a week. Above 50 crossings an hour it is planned.
Streets|Roadworks and access for everybody|Every works site keeps a way 1.2 m wide, with ramps.
Streets|Trees on public ground|Trees are checked each spring. Report branches over paths at any time.
Streets|Parking for a move|Ask 10 days before; the signs cost 30 and stand for three days.
Streets|Abandoned bicycles|They get a note and are taken away after 4 weeks.
Waste and recycling|When your bin is emptied|Enter your street; the calendar can be printed or subscribed to.
Waste and recycling|Missed collection|Tell us within 2 days and the crew comes back.
Waste and recycling|What goes into which bin|Paper blue, food brown, glass to the containers, the rest grey.
Waste and recycling|Paint, batteries and other hazardous things|The yard at Foundry Lane takes them on Saturdays for free.
Waste and recycling|Bulky things|Two collections a year are free. Order online or by phone.
Waste and recycling|A larger or smaller bin|The change is free once a year.
Waste and recycling|Rubbish in public places|Report the place; a photo helps. We clear it within 3 days.
Waste and recycling|Composting at home|The city pays half of a composter, up to 40.
Permits|Garden sheds and small buildings|Up to 10 square metres without permit, at least 2 metres from the border.
Permits|Street parties|Ask four weeks before, free of charge; we bring the barriers.
Permits|A pitch at the market|Pitches are given each month by lot among those who wait.
Permits|Cafe tables on the pavement|A way of 1.8 m stays free. The permit holds for a season.
Permits|How long a building permit takes|8 weeks when all papers are there; we tell you within 5 days what is missing.
Permits|Fire safety report|A list of inspectors is at the counter; the report holds for 3 years.
Permits|Signs and awnings|Send a sketch with measures; most are decided in a week.
Permits|Filming in the street|Small crews need a notice only, large ones a permit.
Water|Brown water: is it safe?|Yes. It is rust from the main. Let cold water run until it is clear.
Water|Reading your meter|Black digits only, from left to right. Send them by the 15th.
Water|A leak: whose pipe is it?|From the main to the meter ours, after the meter the owner’s.
Water|The bill is higher than before|Compare the readings first. A dripping tap costs 60 a year.
Water|Hardness of the water|9 degrees in all districts but Lakeview, where it is 14.
Water|Planned works and closures|We write 3 days before; tanks stand in the street.
Water|Frozen pipes|Close the main tap, open the tap in the house, call us.
Water|Rain water and gardens|A butt of 200 litres is half paid by the city.
Housing|Getting on the housing list|Everyone who has lived here for a year and is under the income line.
Housing|Your place on the list|It moves with every flat given. Ask at any time; the answer is the same everywhere.
Housing|Damp and mould|Report it to the landlord in writing, and to us if nothing happens in 14 days.
Housing|A lift that does not work|After 3 days rent may be reduced; we have a sample letter.
Housing|Rent certificate|You get it at once online, also in large print and braille.
Housing|Losing your home|Come the same day. There is always somebody at Quay Street, until 22.
Housing|Exchange of flats|Two tenants may exchange when both landlords agree.
Housing|Deposit and how to get it back|It must be back within 2 months with a list of deductions.
Recruiting|How we choose|Every application is scored by two people who see no names.
Recruiting|Applying without a résumé|Answer the questions of the form; that is enough for most of our jobs.
Recruiting|Help at the interview|Tell us what you need: an interpreter, a ramp, more time. It does not count against you.
Recruiting|When you hear from us|Within 10 working days at every step, also when it is a no.
Recruiting|Working for the city with another passport|All jobs but those in the police are open to you.
Recruiting|What happens to your papers|They are erased 6 months after the decision unless you ask us to keep them.
Giving|Giving to the city|Every gift names its purpose and is published with its sum.
Giving|When we refuse a gift|When the money or the giver works against the people we serve. The board decides in public.
Giving|A receipt for your taxes|You get it by e-mail on the same day, and all of the year in January.
Giving|Giving each month|Change or end it at any time, on your own page.
Giving|Giving goods|Libraries and shelters take what is on their list; please ask first.
Giving|Gifts in a will|We advise you with a notary, free of charge.`

// inSpanish has what of articles there is in Spanish: the English title|title|the heart of the answer.
const inSpanish = `Which papers to send with an application|Qué papeles enviar con una solicitud|Las nóminas de los tres últimos meses, el contrato de alquiler y un extracto bancario en el que figure su nombre.
When a meter reading counts as verified|Cuándo vale la lectura de un contador|La foto muestra el contador entero, el número y la placa de serie. Una segunda foto ayuda si hay reflejos.
Heating allowance: who gets it and how much|Ayuda para la calefacción: quién la recibe y cuánto|Los hogares por debajo del límite de ingresos reciben 240 por invierno, que se pagan en noviembre y enero.
How to appeal against a decision|Cómo recurrir una decisión|Escriba en un plazo de 30 días. Diga qué está mal; no necesita formulario ni abogado.
Help with the form|Ayuda con el formulario|Pregunte en cualquier biblioteca o llame; una persona lo rellena con usted, en 14 idiomas.
How fast we repair a street lamp|Cuánto tardamos en reparar una farola|Las farolas de los cruces en 2 días, todas las demás en 10.
Potholes: what we repair at once|Baches: qué reparamos enseguida|Más de 4 cm en la calzada o 2 cm en un carril bici: en 5 días.
When your bin is emptied|Cuándo se vacía su contenedor|Escriba su calle; puede imprimir el calendario o suscribirse a él.
Missed collection|Recogida no realizada|Avísenos en 2 días y el equipo vuelve.
What goes into which bin|Qué va en cada contenedor|El papel en el azul, los restos de comida en el marrón, el vidrio a los contenedores de la calle, el resto en el gris.
Bulky things|Muebles y trastos|Dos recogidas al año son gratis. Pídalas en línea o por teléfono.
Street parties|Fiestas en la calle|Pídalo cuatro semanas antes, es gratis; nosotros llevamos las vallas.
Brown water: is it safe?|Agua marrón: ¿es peligrosa?|No. Es óxido de la tubería. Deje correr el agua fría hasta que salga clara.
The bill is higher than before|La factura es más alta que antes|Compare primero las lecturas. Un grifo que gotea cuesta 60 al año.
Getting on the housing list|Cómo entrar en la lista de vivienda|Quien lleve un año viviendo aquí y esté por debajo del límite de ingresos.
Damp and mould|Humedad y moho|Avise por escrito al propietario, y a nosotros si en 14 días no pasa nada.
Losing your home|Si pierde su casa|Venga el mismo día. En Quay Street siempre hay alguien, hasta las 22.
How we choose|Cómo elegimos|Cada solicitud la puntúan dos personas que no ven los nombres.`

// subjects are the services under which readers find articles; those that have none stand under their team.
var subjects = map[string]string{
	"Which papers to send with an application": "heating-allowance", "When a meter reading counts as verified": "heating-allowance",
	"Heating allowance: who gets it and how much": "heating-allowance", "How to appeal against a decision": "appeal", "What happens when you were overpaid": "appeal",
	"How fast we repair a street lamp": "street-light", "Potholes: what we repair at once": "pothole", "When your bin is emptied": "missed-collection",
	"Missed collection": "missed-collection", "Rubbish in public places": "dumped-rubbish", "Garden sheds and small buildings": "building-permit",
	"How long a building permit takes": "building-permit", "Street parties": "street-party", "Brown water: is it safe?": "water-problem",
	"A leak: whose pipe is it?": "water-problem", "Reading your meter": "water-bill", "The bill is higher than before": "water-bill",
	"Getting on the housing list": "housing-list", "Your place on the list": "housing-list", "Damp and mould": "housing-repair", "A lift that does not work": "housing-repair",
}

// knowledge writes the articles and those of their translations that there are, all online in their first version.
func (c *city) knowledge(ctx context.Context) error {
	translated := map[string][]string{}
	for line := range strings.SplitSeq(inSpanish, "\n") {
		p := strings.SplitN(line, "|", 3)
		translated[p[0]] = p[1:]
	}
	lines := strings.Split(articles, "\n")
	var masters []record.Draft
	for i := range lines {
		masters = append(masters, draft("Knowledge__ka", "ArticleNumber", fmt.Sprintf("%09d", 1001+i), "MasterLanguage", "en_US"))
	}
	ids, err := c.seed(ctx, "articles", masters)
	if err != nil {
		return err
	}
	var versions, addresses []record.Draft
	var topics []string // of each version
	for i, line := range lines {
		p := strings.SplitN(line, "|", 3)
		team, title, heart := p[0], p[1], p[2]
		at, by := c.workTime(20+c.rng.IntN(600)), c.anyStaff()
		add := func(lang, title, heart, body string) {
			category := team
			if s := subjects[p[1]]; s != "" {
				category = s
			}
			versions = append(versions, created(draft("Knowledge__kav", "KnowledgeArticleId", ids[i], "Title", title, "UrlName", slug(title), "Summary", heart,
				"Answer__c", body, "Category__c", category, "PublishStatus", "Online", "OwnerId", c.staff[i%len(c.staff)].id, "Language", lang, "IsLatestVersion", true,
				"VersionNumber", 1, "IsVisibleInPkb", team != "Recruiting" || i%2 == 0, "IsVisibleInApp", true, "FirstPublishedDate", at, "LastPublishedDate", at), at, by, at))
			topics = append(topics, topicOf(team, title))
			addresses = append(addresses, draft("Article_Address__c", "Key__c", lang+"/"+slug(title), "Article__c", string(ids[i])))
		}
		add("en_US", title, heart, fmt.Sprintf("%s\n\nYou can ask %s by the web form, by e-mail to help@harborview.example, by phone at 555-0100, or at the counter, Quay Street 1, on working days from 8 to 18. Every answer comes in writing.\n\nReviewed by %s.",
			heart, team, team))
		if es, ok := translated[title]; ok {
			add("es", es[0], es[1], es[1]+"\n\nPuede preguntarnos con el formulario, por correo a help@harborview.example, por teléfono en el 555-0100 o en el mostrador, Quay Street 1, en días laborables de 8 a 18. Toda respuesta llega por escrito.")
		}
	}
	made, err := c.seed(ctx, "articles", versions)
	if err != nil {
		return err
	}
	var selections []record.Draft
	for i, id := range made {
		selections = append(selections, draft("Knowledge__DataCategorySelection", "ParentId", id, "DataCategoryGroupName", "Topics", "DataCategoryName", topics[i]))
	}
	if _, err := c.seed(ctx, "articles", selections); err != nil {
		return err
	}
	_, err = c.add(ctx, "articles", addresses)
	return err
}

// teamTopics are the data categories of the articles of each team, and topicWords the narrower ones by a word of the title.
var (
	teamTopics = map[string]string{
		"Benefits": "Benefits", "Streets": "Streets", "Waste and recycling": "Waste", "Permits": "Permits", "Water": "Water", "Housing": "Housing", "Recruiting": "Work",
	}
	topicWords = []struct{ team, word, topic string }{
		{"Benefits", "allowance", "Allowances"}, {"Benefits", "appeal", "Appeals"}, {"Benefits", "application", "Applications"}, {"Benefits", "form", "Applications"},
		{"Streets", "lamp", "Street_Lamps"}, {"Streets", "Potholes", "Potholes"}, {"Streets", "Snow", "Winter_Service"}, {"Streets", "Parking", "Parking"},
		{"Waste and recycling", "ollection", "Collection"}, {"Waste and recycling", "emptied", "Collection"}, {"Waste and recycling", "Bulky", "Bulky_Waste"},
		{"Permits", "building", "Building"}, {"Permits", "Street", "Public_Space"}, {"Permits", "pavement", "Public_Space"},
		{"Water", "meter", "Water_Bills"}, {"Water", "bill", "Water_Bills"}, {"Water", "safe", "Water_Quality"}, {"Water", "pipe", "Water_Mains"},
		{"Housing", "list", "Housing_List"}, {"Housing", "Rent", "Tenancy"}, {"Housing", "mould", "Repairs"}, {"Housing", "lift", "Repairs"},
	}
)

// topicOf returns the data category of an article in the group Topics, which the app service brings.
func topicOf(team, title string) string {
	for _, t := range topicWords {
		if t.team == team && strings.Contains(title, t.word) {
			return t.topic
		}
	}
	return cmp.Or(teamTopics[team], "All")
}

// address returns the slug of a question, of whole words as far as its field takes them.
func address(title string) string {
	s := slug(title)
	for len(s) > 80 {
		s = s[:strings.LastIndexByte(s, '-')]
	}
	return s
}

func slug(title string) string {
	var b strings.Builder
	dash := false
	for _, r := range plain.Replace(strings.ToLower(title)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
			dash = false
		case !dash && b.Len() > 0:
			b.WriteByte('-')
			dash = true
		}
	}
	return strings.Trim(b.String(), "-")
}

var plain = strings.NewReplacer("á", "a", "é", "e", "í", "i", "ó", "o", "ú", "u", "ñ", "n", "’", "")
